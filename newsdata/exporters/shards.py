"""Writes the shards of a release one after the other, and hashes and counts what is in them.

A shard that is known to have the rows it had in the release before is linked to that one, and its
rows are not read again. What is linked must be the very file that was sealed then, by its inode,
size and time; any other one must have the checksum that its own release claims. So no shard that
was written to spreads. What rots unseen on the disk rots in all releases that share it:
``newsdata verify`` reads every byte.
"""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.exporters.facts import Facts, Tally
from newsdata.exporters.hashing import LeafHash
from newsdata.exporters.parquet import row_groups, write_groups
from newsdata.exporters.plan import Plan, Shard
from newsdata.exporters.reuse import Memory, remember, stamp
from newsdata.sizes import together

if TYPE_CHECKING:
    import pyarrow as pa

#: Bytes of rows that are read and hashed together.
PORTION_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Older:
    """The release before: its directory, its manifest's ``files``, and what is remembered."""

    path: Path
    files: Mapping[str, Mapping[str, Any]]
    memory: Memory


@dataclass(frozen=True, slots=True)
class Written:
    """``files``: name -> sha256, size, rows of each shard; ``linked``: those not written."""

    files: dict[str, dict[str, Any]]
    content_hash: str
    facts: Facts
    memory: Memory
    linked: frozenset[str]


def write_shards(folder: Path, plan: Plan, older: Older | None) -> Written:
    """Write every shard of the plan below a directory."""
    files: dict[str, dict[str, Any]] = {}
    for below in {(folder / shard.name).parent for shard in plan.shards}:
        below.mkdir(parents=True, exist_ok=True)
    for shard in plan.shards:
        entry = _linked(folder, shard, older)
        if entry is not None:
            files[shard.name] = {**entry, "rows": shard.stop - shard.start}
    linked = frozenset(files)
    tallies = {leaf.name: Tally(plan.schema) for leaf in plan.leaves}
    known, counted = (older.memory if older else Memory("")).known(plan.leaves, plan.schema)
    tallies.update(counted)
    watch = _adder(tallies)
    hasher = LeafHash(plan.schema.arrow, plan.leaves, known, watch)
    cuts = {s.name: cuts_of(plan, s) for s in plan.shards if s.name not in linked}
    rows = _hashed(plan, [cut for some in cuts.values() for cut in some], hasher)
    for shard in plan.shards:
        if shard.name in linked:
            _pass_over(folder, shard, hasher)
            continue
        path = folder / shard.name
        groups = islice(rows, len(cuts[shard.name]))
        entry = write_groups(path, groups, plan.schema.arrow, plan.schema.roles)
        if older is not None:
            link_if_same(path, older.path / shard.name)
        files[shard.name] = {**entry, "rows": shard.stop - shard.start}
    total = Tally(plan.schema)
    for tally in tallies.values():
        total.merge(tally)
    starts = {split.start for split in plan.splits}
    for shard in plan.shards:
        if shard.start in starts:
            _show_first(folder / shard.name, total)
    stamps = {s.name: stamp((folder / s.name).stat()) for s in plan.shards}
    memory = remember(plan, hasher.leaves(), tallies, stamps)
    ordered = {shard.name: files[shard.name] for shard in plan.shards}
    return Written(ordered, hasher.hexdigest(), total.facts(), memory, linked)


def _adder(tallies: Mapping[str, Tally]) -> Callable[[str, pa.Table], None]:
    return lambda leaf, rows: tallies[leaf].add(rows)


def content_of(plan: Plan, memory: Memory | None) -> str:
    """The content hash of the articles of a plan; what is remembered is not read."""
    known = memory.known(plan.leaves, plan.schema)[0] if memory else None
    hasher = LeafHash(plan.schema.arrow, plan.leaves, known)
    wanted = {s.name: cuts_of(plan, s) for s in plan.shards if hasher.wants(s.start, s.stop)}
    rows = _hashed(plan, [cut for some in wanted.values() for cut in some], hasher)
    for shard in plan.shards:
        if shard.name in wanted:
            for _ in islice(rows, len(wanted[shard.name])):
                pass
        else:
            hasher.skip(shard.stop - shard.start)
    return hasher.hexdigest()


def cuts_of(plan: Plan, shard: Shard) -> list[tuple[int, int]]:
    """The rows of each row group of a shard."""
    groups = row_groups(plan.sizes[shard.start : shard.stop])
    return [(shard.start + a, shard.start + b) for a, b in groups]


def _hashed(plan: Plan, cuts: Sequence[tuple[int, int]], hasher: LeafHash) -> Iterator[pa.Table]:
    """The rows of each cut; those of neighbouring cuts are read and hashed together, when the
    first of them is asked for: a day's rows are few, and each table has a price of its own."""
    portions = together(cuts, plan.sizes, PORTION_BYTES)
    tables = plan.rows.tables([(portion[0][0], portion[-1][1]) for portion in portions])
    for portion, table in zip(portions, tables, strict=True):
        hasher.update(table)
        begin = portion[0][0]
        for start, stop in portion:
            yield table.slice(start - begin, stop - start)
        del table  # before the next one is read


def _linked(folder: Path, shard: Shard, older: Older | None) -> Mapping[str, Any] | None:
    """The entry of a shard that was linked (or copied, where links are impossible)."""
    if older is None or not older.memory.has_shard(shard) or shard.name not in older.files:
        return None
    source, claimed = older.path / shard.name, older.files[shard.name]
    target = folder / shard.name
    try:
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        if older.memory.stamps.get(shard.name) == stamp(target.stat()):
            return claimed
        found = file_entry(target)
    except OSError:
        target.unlink(missing_ok=True)
        return None
    if found["sha256"] != claimed["sha256"]:
        target.unlink()
        return None
    return found


def _pass_over(folder: Path, shard: Shard, hasher: LeafHash) -> None:
    """A linked shard is only read where its leaf has rows that changed, in another shard."""
    import pyarrow.parquet as pq

    if not hasher.wants(shard.start, shard.stop):
        hasher.skip(shard.stop - shard.start)
        return
    with pq.ParquetFile(folder / shard.name) as file:
        for number in range(file.num_row_groups):
            hasher.update(file.read_row_group(number, use_threads=False))


def _show_first(path: Path, tally: Tally) -> None:
    """The first row of the release is its example; a tally that is remembered has none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        tally.show(pa.Table.from_batches([next(file.iter_batches(batch_size=1))]))


def file_entry(path: Path) -> dict[str, Any]:
    """``sha256`` and ``size`` of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": digest, "size": os.fstat(file.fileno()).st_size}


def link_if_same(path: Path, old: Path | None) -> None:
    """Replace a shard by a hard link to its equal in the release before, where links work.

    Compared byte by byte, not by what a manifest says: a damaged old shard must not spread.
    """
    if old is None or not old.is_file() or not filecmp.cmp(path, old, shallow=False):
        return
    link = path.with_name(path.name + ".link")
    with contextlib.suppress(OSError):
        os.link(old, link)
        link.replace(path)
