"""Deduplicate records of any shape without an archive, by the rules of an archive.

Which texts say the same is decided by :mod:`newsdata.neighbours`; which copy is kept by
:func:`newsdata.duplicates.keep_key`. Both are functions of the set of records and the settings,
so the order of the input changes neither what is kept nor a cluster. Of each record only an id, a
time, a place and the numbers of its text stay in memory.

*Identity.* A record without an id gets ``sha256:`` and the first 32 hex digits of the sha256 of
its canonical JSON (keys sorted, no spaces). Records of one id whose canonical JSON is equal are
one record that came twice: the first is kept, the others are ``exact`` duplicates of it. Different
records of one id are compared like any others; there are no versions here.

*Length* is counted in words, not in characters: no form of Unicode, case or white space matters.

The room inside, each file importing only those above it: ``facts``, ``members``, ``values``
(records in memory), ``files``; and ``linkers``, for archives.
"""

from __future__ import annotations

from newsdata.copies.facts import Fields
from newsdata.copies.files import Target, Targets, deduplicate_files
from newsdata.copies.linkers import NOTHING, memory_linker
from newsdata.copies.values import deduplicate

__all__ = [
    "NOTHING",
    "Fields",
    "Target",
    "Targets",
    "deduplicate",
    "deduplicate_files",
    "memory_linker",
]
