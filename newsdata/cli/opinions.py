"""``newsdata validate --reference``: what two validators think of the same records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from newsdata.cli.common import echo_json, say

Wanted = tuple[bool, int | None, tuple[str | None, ...]]


def compare(
    sources: tuple[str, ...], schema_path: str | None, wanted: Wanted, quiet: bool, json: bool
) -> int:
    """Judge all records by both and print where they differ; returns the exit code.

    ``wanted`` are the values of --reference and --sample and the outputs that were asked for,
    which there are none of. The code is 1 where a record is rejected, or where a difference is
    not a known one.
    """
    reference, sample, outputs = wanted
    if not reference:
        raise click.UsageError("--sample needs --reference")
    if any(name is not None for name in outputs):
        raise click.UsageError("--reference writes no records; leave out -o and --rejects")
    from newsdata.checks import validate
    from newsdata.records import Rejected
    from newsdata.reference import Opinions, SecondOpinion
    from newsdata.sources.documents import article_schema, load_schema

    schema = load_schema(schema_path) if schema_path is not None else article_schema()
    opinions = Opinions(SecondOpinion(schema), sample)
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for item in validate(sources, schema_path):
        opinions.see(item)
        counts["rejected" if isinstance(item, Rejected) else "valid"] += 1
        if isinstance(item, Rejected):
            reasons[item.code] += 1
    opinions.finish()
    summary: dict[str, Any] = {
        "format": 1,
        "read": counts.total(),
        "valid": counts["valid"],
        "rejected": counts["rejected"],
        "reasons": dict(sorted(reasons.items())),
        "reference": opinions.summary(),
    }
    if json:
        echo_json(summary)
    elif not quiet:
        say(f"{counts['valid']} valid, {counts['rejected']} rejected")
        _show(summary["reference"])
    return 1 if counts["rejected"] or opinions.disagreements else 0


def _show(found: Mapping[str, Any]) -> None:
    for example in found["examples"]:
        verdict = "we reject" if example["ours"] else "we accept"
        told = "; ".join(example["ours"] or example["reference"])
        say(f"{example['path']}:{example['line']}: {verdict}, the reference does not: {told}")
    known = ", ".join(f"{count} {name}" for name, count in found["known"].items())
    say(
        f"the reference judged {found['judged']} records; it disagrees about "
        f"{found['disagreements']}, and in known ways: {known or 'none'}"
    )
