"""The per-site rules that travel with the package: files of data in ``newsdata/rules``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from newsdata.sources.documents import read_toml

FOLDER = Path(__file__).resolve().parent.parent / "rules"


@cache
def rule_documents() -> tuple[tuple[str, dict[str, Any]], ...]:
    """(name of the file, its document) of every rule file, in the order of their names.

    Raises SourceError where a file is no TOML.
    """
    return tuple((file.stem, read_toml(file)) for file in sorted(FOLDER.glob("*.toml")))


def golden_page(name: str) -> tuple[bytes, bytes]:
    """A rule's golden page and the record it gives. Raises OSError where one is missing."""
    page = FOLDER / f"{name}.html"
    return page.read_bytes(), page.with_suffix(".json").read_bytes()
