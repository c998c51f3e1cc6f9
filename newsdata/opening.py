"""Opens an archive for whoever reads it: without what builds one, which takes long to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsdata.storage import Where, location

if TYPE_CHECKING:
    from newsdata.archive import Archive


def open_archive(path: Where) -> Archive:
    """The archive at ``path``; raises ArchiveError where there is none or it is damaged."""
    from newsdata.archive import Archive

    return Archive.open(location(path))
