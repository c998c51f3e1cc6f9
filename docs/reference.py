"""Write docs/cli.md and docs/schema.md from the code, or check that they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from click.testing import CliRunner

from newsdata.cli import ALIASES, COMMANDS, cli
from newsdata.cli.schema import type_words
from newsdata.reasons import REASONS
from newsdata.reference import KNOWN
from newsdata.schema import ROLES
from newsdata.schema.roles import EXPECTED
from newsdata.sources.documents import article_schema

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/reference.py; `make docs` writes it anew. -->\n"


OWN_SCHEMA = """
## A schema of your own

`newsdata init DIR --schema FILE` makes an archive of other records. The schema may be of draft 4,
6, 7, 2019-09 or 2020-12 (which is meant where `$schema` is missing) and may refer with `$ref` to
files in its folder or below, by paths relative to the file they stand in; nothing is fetched from
the network. It is kept in the archive as one document, `schema.json`, and cannot be changed
afterwards.

The keyword `x-newsdata` says which field of an article a property stands for: it is the role that
the property plays. All roles are optional. Without `text` records are not compared, without
`timestamp` they are not put into files by period. A record without an id gets one: `sha256:` and
32 hex digits of its canonical `url`, else of its canonical JSON; where no property has the role,
the column `newsdata_id` holds it. A release leaves out records that lack one of `id`, `title`,
`text`, `timestamp`, `source`, `language`, as far as properties have these roles; `--require`
changes that. What a record has beyond the declared properties is in no column.
"""


def command_line() -> str:
    """The --help of every command."""
    parts = ["# Command line", "", NOTE]
    for name in ("", *COMMANDS):
        arguments = [name, "--help"] if name else ["--help"]
        shown = CliRunner().invoke(cli, arguments, prog_name="newsdata", terminal_width=100)
        alias = next((a for a, n in ALIASES.items() if n == name), None)
        parts += [f"## newsdata {name}".rstrip(), ""]
        if alias:
            parts += [f"`newsdata {alias}` is the same.", ""]
        parts += ["```text", shown.output.rstrip(), "```", ""]
    return "\n".join(parts)


def schema() -> str:
    """The fields of an article and the reason codes."""
    document = article_schema()
    parts = [f"# The article record, schema {document.version}", "", NOTE]
    parts += ["| field | type | meaning | schema.org |", "|---|---|---|---|"]
    for name, sub in document.properties.items():
        words = (type_words(sub), sub.get("description", ""), sub.get("x-schema-org", ""))
        parts.append(
            "| `" + name + "` | " + " | ".join(w.replace("|", "\\|") for w in words) + " |"
        )
    parts.append(OWN_SCHEMA)
    parts += ["| role | played by |", "|---|---|"]
    parts += [f"| `{role}` | {EXPECTED.get(role, 'a string')} |" for role in ROLES]
    parts += ["", "## Reason codes", "", "Codes keep their meaning; new ones may be added.", ""]
    parts += ["| code | meaning |", "|---|---|"]
    parts += [
        f"| `{code}` | {meaning.replace('|', chr(92) + '|')} |"
        for code, meaning in REASONS.items()
    ]
    parts += ["", "## Known differences from the reference validator", ""]
    parts += ["`newsdata validate --reference` and `verify` ask `jsonschema` as well. Where it"]
    parts += ["decides otherwise for one of these causes, that is counted and no error.", ""]
    parts += ["| name | what differs |", "|---|---|"]
    parts += [f"| `{name}` | {known.meaning} |" for name, known in KNOWN.items()]
    return "\n".join(parts) + "\n"


def main() -> int:
    """Write the files, or with --check say which differ; the exit code tells."""
    stale = 0
    for name, text in (("cli.md", command_line()), ("schema.md", schema())):
        path = HERE / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale += 1
            sys.stderr.write(f"{path.name} is not up to date: run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
