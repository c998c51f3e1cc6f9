"""manifest.json (what a release is) and SHA256SUMS (what its files are).

The manifest names every other file but SHA256SUMS; SHA256SUMS names every file but itself. So
that one damaged byte in either can be told from one in the other, the manifest also carries a
hash of itself, taken without that key.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from newsdata import __version__
from newsdata.exporters.hashing import combined_hash
from newsdata.exporters.names import ARTICLES, FORMAT, SELF
from newsdata.exporters.plan import Plan, side_file, side_split, stream_files

#: Keys that may differ between two releases of the same content: they follow from the programs.
OF_THE_PROGRAM = ("files", "versions", SELF)


def manifest(
    plan: Plan,
    hashes: Mapping[str, str],
    schema_file: str,
    files: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The manifest of a planned release.

    ``hashes`` are the content hashes of its configs; ``files`` is path -> ``{"sha256", "size"}``
    and for shards ``"rows"``.
    """
    splits = {
        split.name: {
            "rows": split.stop - split.start,
            "files": [s.name for s in plan.shards if split.start <= s.start < split.stop],
        }
        for split in plan.splits
    }
    configs: dict[str, Any] = {ARTICLES: {"default": True, "splits": splits}}
    for side in plan.sides:
        one = {"rows": side.table.num_rows, "files": [side_file(plan, side)]}
        configs[side.name] = {"splits": {side_split(plan): one}}
    for stream in plan.streams:
        prefixes = {split: f"{stream.name}/{split.name}-" for split in stream.splits}
        configs[stream.name] = {
            "splits": {
                split.name: {
                    "rows": split.stop - split.start,
                    "files": [s.name for s in stream_files(stream) if s.name.startswith(prefix)],
                }
                for split, prefix in prefixes.items()
            }
        }
    for name, config in configs.items():
        config["content_hash"] = hashes[name]
    document = {
        "format": FORMAT,
        "name": plan.name,
        "version": plan.version,
        "date": plan.date,
        "schema": {
            "file": schema_file,
            "sha256": hashlib.sha256(schema_bytes(plan)).hexdigest(),
            "version": plan.schema.version,
        },
        "rows": plan.num_rows,
        "content_hash": combined_hash(hashes),
        "counts": dict(plan.counts),
        "left_out": dict(plan.left_out),
        "configs": configs,
        "settings": dict(plan.settings),
        "versions": {**versions(), **_counting(plan)},
        "files": {path: dict(entry) for path, entry in files.items()},
    }
    if sums_of := totals(plan, files):
        document["totals"] = sums_of
    if plan.without:
        document["without"] = dict(plan.without)
    return {**document, SELF: self_hash(document)}


def versions() -> dict[str, str]:
    """The programs whose versions decide the bytes of a release."""
    import PIL
    import pyarrow as pa

    return {"newsdata": __version__, "pillow": PIL.__version__, "pyarrow": pa.__version__}


def _counting(plan: Plan) -> dict[str, str]:
    """The program that decides the numbers of tokens, where they are counted."""
    from importlib.metadata import version

    counted = "tokenizer" in plan.settings.get("prepared", ())
    return {"tokenizers": version("tokenizers")} if counted else {}


def totals(plan: Plan, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of columns, as column -> config -> split: what the entries of the files say."""
    found: dict[str, Any] = {}
    for stream in plan.streams:
        for name in stream.totals:
            sums: Counter[str] = Counter()
            for part in stream_files(stream):
                if name in files.get(part.name, {}):
                    sums[split_of(part.name)] += files[part.name][name]
            if sums:
                found.setdefault(name, {})[stream.name] = dict(sums)
    return found


def split_of(file: str) -> str:
    """The split in the name of a file of a :class:`~newsdata.exporters.plan.Stream`.

    >>> split_of("text/train-00000.parquet")
    'train'
    """
    return file.rpartition("/")[2].rpartition("-")[0]


def self_hash(document: Mapping[str, Any]) -> str:
    """sha256 of a manifest without its own hash."""
    rest = {key: value for key, value in document.items() if key != SELF}
    return hashlib.sha256(to_bytes(rest)).hexdigest()


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """JSON that is the same for equal documents: sorted keys, two spaces, a last newline."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options)


def schema_bytes(plan: Plan) -> bytes:
    """The schema's document. Its keys keep their order, which is that of the columns."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(dict(plan.schema.document), option=options)


def schema_file(document: Mapping[str, Any]) -> str:
    """Name of the schema's copy in a release: from its ``$id``, never from a path.

    >>> schema_file({"$id": "https://example.org/schemas/article.schema.json"}), schema_file({})
    ('article.schema.json', 'record.schema.json')
    """
    last = str(document.get("$id", "")).rstrip("/#").rpartition("/")[2]
    name = re.sub(r"(\.schema)?\.json$", "", last)
    return (
        f"{name}.schema.json"
        if re.fullmatch(r"\w[\w-]*", name, re.ASCII)
        else "record.schema.json"
    )


def sums(hashes: Mapping[str, str]) -> bytes:
    """SHA256SUMS of path -> sha256, as ``sha256sum -c`` reads it, sorted by path."""
    return "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes)).encode()


def read_sums(lines: Iterable[str]) -> dict[str, str]:
    """What the lines say, path -> sha256; damaged lines are left out."""
    matches = (re.fullmatch(r"([0-9a-f]{64})  (.+)", line.rstrip("\n")) for line in lines)
    return {m.group(2): m.group(1) for m in matches if m}
