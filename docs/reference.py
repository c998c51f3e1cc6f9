"""Write docs/cli.md and docs/schema.md from the code, or check that they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from click.testing import CliRunner

from newsdata.cli import ALIASES, COMMANDS, cli
from newsdata.cli.schema import type_words
from newsdata.reasons import REASONS
from newsdata.sources.documents import article_schema

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/reference.py; `make docs` writes it anew. -->\n"


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
    parts += ["", "## Reason codes", "", "| code | meaning |", "|---|---|"]
    parts += [
        f"| `{code}` | {meaning.replace('|', chr(92) + '|')} |"
        for code, meaning in REASONS.items()
    ]
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
