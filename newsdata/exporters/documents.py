"""The documents of a release: everything in it for people and programs that is not a shard.

Pure: a :class:`~newsdata.exporters.plan.Described` in, path -> bytes out. What is in it follows
from the rows, the settings and the release before; nothing from the clock, a path or the host.
"""

from __future__ import annotations

from newsdata.exporters.card import card
from newsdata.exporters.citation import citation_file
from newsdata.exporters.croissant import croissant
from newsdata.exporters.datapackage import TABLE_SCHEMA, datapackage, table_schema
from newsdata.exporters.licences import licence_file
from newsdata.exporters.plan import Described
from newsdata.exporters.plots import pictures
from newsdata.exporters.tables import REMOVED, SOURCES, changelog, removed_csv, sources_csv

#: Files that every release has; others may not take their places.
DOCUMENTS = (
    "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "croissant.json", "datapackage.json",
    TABLE_SCHEMA, "removed.csv", "sources.csv",
)  # fmt: skip
#: Where the pictures stand.
IMAGES = "images/"


def documents(release: Described) -> dict[str, bytes]:
    """Path in the release -> content of :data:`DOCUMENTS` and of the pictures of the card."""
    images = pictures(release.facts)
    tables = {"sources.csv": SOURCES, "removed.csv": REMOVED}
    return {
        "README.md": card(release, images),
        "CHANGELOG.md": changelog(release),
        "CITATION.cff": citation_file(release),
        "LICENSE": licence_file(release.about, release.name),
        "croissant.json": croissant(release),
        "datapackage.json": datapackage(release, tables),
        TABLE_SCHEMA: table_schema(release.schema),
        "removed.csv": removed_csv(release.since),
        "sources.csv": sources_csv(release),
        **images,
    }
