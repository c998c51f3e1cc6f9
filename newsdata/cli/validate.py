"""``newsdata validate``."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from typing import IO, Any

import click

from newsdata.cli.common import (
    echo_json,
    json_option,
    output,
    say,
    sources_argument,
    table,
)


@click.command(
    name="validate",
    epilog="""\b
Examples:
  newsdata validate records.jsonl
  newsdata validate records.jsonl.zst --rejects bad.jsonl -o good.jsonl
  newsdata validate records.jsonl --schema mine.json --json
  newsdata validate records.jsonl --reference --sample 1000
  cat records.jsonl | newsdata validate -""",
)
@sources_argument
@click.option("--schema", "schema_path", help="JSON Schema; without it, that of articles.")
@click.option("--rejects", help="Write what is rejected here, one line of JSON each.")
@click.option(
    "--reference", is_flag=True, help="Ask jsonschema, the reference validator, as well: slow."
)
@click.option("--sample", type=click.IntRange(1), help="With --reference: judge so many records.")
@click.option("-o", "--output", "target", help="Write the valid records here, byte for byte.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Print no more than errors; the exit code tells."
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    sources: tuple[str, ...],
    schema_path: str | None,
    rejects: str | None,
    target: str | None,
    reference: bool,
    sample: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Check the records of SOURCE... (JSON Lines, JSON arrays) and print only what is wrong.

    Judged are the JSON text (UTF-8, doubled keys, NaN, half surrogates, depth, length) and the
    JSON Schema. Each fault says where it is, what was found and what was expected. Exits with 1
    where a record is rejected.

    With --reference the reference validator judges the same records, or a sample of them:
    differences that are known are counted by name, any other is shown and exits with 1.
    """
    from newsdata.checks import validate
    from newsdata.records import Rejected

    if reference or sample is not None:
        from newsdata.cli.opinions import compare

        wanted = reference, sample, (target, rejects)
        context.exit(compare(sources, schema_path, wanted, quiet, as_json))
    if as_json and "-" in (target, rejects):
        raise click.UsageError("--json and records on stdout exclude each other")
    if target == "-" == rejects:
        raise click.UsageError("-o and --rejects cannot both be standard output")
    valid = rejected = 0
    reasons: Counter[str] = Counter()
    with _stream(target) as good, _stream(rejects) as bad:
        for item in validate(sources, schema_path):
            if not isinstance(item, Rejected):
                valid += 1
                if good is not None:
                    good.write(item.content + b"\n")
                continue
            rejected += 1
            reasons[item.code] += 1
            if bad is not None:
                bad.write(json.dumps(item.to_dict(), ensure_ascii=False).encode() + b"\n")
            if not quiet and not as_json:
                for fault in item.faults:
                    place = f"{item.place} {fault.pointer}".rstrip()
                    say(f"{place}: {fault.code}: {fault.message}")
    summary: dict[str, Any] = {
        "format": 1,
        "read": valid + rejected,
        "valid": valid,
        "rejected": rejected,
        "reasons": dict(sorted(reasons.items())),
    }
    if as_json:
        echo_json(summary)
    elif not quiet:
        say(f"{valid} valid, {rejected} rejected")
        if reasons:
            table(("reason", "records"), sorted(reasons.items()), err=True)
    if rejected:
        context.exit(1)


def _stream(path: str | None) -> contextlib.AbstractContextManager[IO[bytes] | None]:
    return contextlib.nullcontext(None) if path is None else output(path)
