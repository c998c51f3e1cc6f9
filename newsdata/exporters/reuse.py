"""What is remembered of a sealed release, so that the next one need not read what did not change.

Kept beside the release, never in it. Whatever is missing or was made by other programs is done
anew, with the same bytes as result.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsdata.exporters.facts import Tally
from newsdata.exporters.hashing import combined
from newsdata.exporters.manifest import versions
from newsdata.exporters.plan import Plan, Shard
from newsdata.schema import Schema

FORMAT = 2


@dataclass(slots=True)
class Memory:
    """``shards``: name -> key of the rows. ``leaves``: name -> [key, hash, what was counted].
    ``stamps``: name -> :func:`stamp` of the file when it was sealed. ``basis`` is what else
    decides the bytes of a shard."""

    basis: str
    shards: dict[str, str] = field(default_factory=dict)
    leaves: dict[str, list[Any]] = field(default_factory=dict)
    stamps: dict[str, list[int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "format": FORMAT,
            "basis": self.basis,
            "shards": self.shards,
            "leaves": self.leaves,
            "stamps": self.stamps,
        }

    def has_shard(self, shard: Shard) -> bool:
        """Whether the release had the very rows of this shard under its name."""
        return bool(shard.key) and self.shards.get(shard.name) == shard.key

    def known(
        self, leaves: Iterable[Shard], schema: Schema
    ) -> tuple[dict[str, str], dict[str, Tally]]:
        """Name -> hash of the leaves that had the same rows, and what was counted in them."""
        hashes: dict[str, str] = {}
        tallies: dict[str, Tally] = {}
        for leaf in leaves:
            key, hashed, counted = self.leaves.get(leaf.name, ["", "", {}])
            if leaf.key and leaf.key == key:
                hashes[leaf.name] = hashed
                tallies[leaf.name] = Tally.from_dict(schema, counted)
        return hashes, tallies


def stamp(found: os.stat_result) -> list[int]:
    """What tells that a file is the one that was written and was not written to since: its
    inode, size and time of change of its content. A link to it keeps them, a copy does not."""
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def basis(plan: Plan) -> str:
    """A hash of what decides, besides its rows, the bytes of a shard and of a leaf's hash."""
    parts = [plan.schema.document, versions(), *plan.without.get("fields", ())]
    return combined(parts)


def remembered(document: Any, plan: Plan) -> Memory:
    """The memory in a JSON document; an empty one where it is none or of other programs."""
    mine = basis(plan)
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        return Memory(mine)
    if document.get("basis") != mine:
        return Memory(mine)
    return Memory(mine, document["shards"], document["leaves"], document["stamps"])


def remember(
    plan: Plan,
    hashes: Mapping[str, str],
    tallies: Mapping[str, Tally],
    stamps: Mapping[str, list[int]],
) -> Memory:
    """The memory of a release just written; empty where the digests of its rows are unknown."""
    if not all(shard.key for shard in plan.shards):
        return Memory(basis(plan))
    return Memory(
        basis(plan),
        {shard.name: shard.key for shard in plan.shards},
        {
            leaf.name: [leaf.key, hashes[leaf.name], tallies[leaf.name].to_dict()]
            for leaf in plan.leaves
        },
        dict(stamps),
    )
