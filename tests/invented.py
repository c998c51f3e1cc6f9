"""Invented records, and archives and releases of them, for the tests about training."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import newsdata
from newsdata.exporters.audit import verify
from newsdata.exporters.sealed import read_manifest

START = datetime(2024, 1, 1, tzinfo=UTC)


def words(seed: int, count: int = 60) -> str:
    """Words that no two texts share by chance."""
    chance = random.Random(seed)
    return " ".join(f"w{chance.randrange(10**9)}" for _ in range(count))


def record(number: int, **more: Any) -> dict[str, Any]:
    moment = START + timedelta(days=random.Random(number).randrange(360), seconds=number)
    return {
        "id": f"demo:{number}",
        "title": f"Title {number}",
        "text": words(number),
        "timestamp": moment.isoformat(),
        "source": f"{'ab'[number % 2]}.example",
        "language": ("en", "ru", "be-tarask")[number % 3],
        "rubric": ("Economy", "Sport")[number % 2],
        **more,
    }


def build(folder: Path, *parts: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for part in parts:
        file = folder / f"{len(list(folder.iterdir()))}.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in part), "utf-8")
        newsdata.build(file, folder / "archive")
    return folder / "archive"


def sealed(archive: Path, version: str, **prepare: Any) -> Path:
    released = newsdata.release(version, archive, prepare=prepare)
    assert released.sealed is not None
    assert verify(released.sealed.path) == []
    return released.sealed.path


def sides(release: Path) -> dict[str, str]:
    """Id -> split."""
    splits = read_manifest(release)["configs"]["articles"]["splits"]
    return {
        id_: split
        for split in splits
        for id_ in newsdata.load(release, split=split, to="arrow")["id"].to_pylist()
    }


def listed(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
