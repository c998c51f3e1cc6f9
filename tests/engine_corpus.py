"""Invented records for tests of engines, and work that dies. Processes of engines import it."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

SCHEMA = pa.schema([("number", pa.int64())])
RECORDS = 150
WORDS = 640


def text_of(number: int) -> str:
    rng = random.Random(number)
    return " ".join(f"invented{rng.randrange(5000):04x}" for _ in range(WORDS))


def record(number: int, **fields: object) -> bytes:
    rng = random.Random(f"record {number}")
    day = f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:00:00Z"
    made = {
        "id": f"invented:{number}",
        "title": f"Invented title {number}",
        "text": text_of(number),
        "timestamp": day,
        "source": f"s{number % 3}.example",
        "language": "en",
    }
    return json.dumps(made | fields).encode() + b"\n"


def write_first(folder: Path, files: int = 9) -> list[Path]:
    """Files that are a task each: copies of texts of other files, rejects of several kinds,
    two versions of an article, an embargo."""
    folder.mkdir()
    paths = []
    for file in range(files):
        lines = []
        for place in range(RECORDS):
            number = file * RECORDS + place
            other = (number * 7 + 1) % (files * RECORDS)
            if place % 20 == 3:
                lines.append(record(number, text=text_of(other).upper()))
            elif place % 20 == 7:
                lines.append(record(number, text=text_of(other) + " and one more word"))
            elif place == 11:
                lines.append(b'{"id": "broken:%d", "title": \n' % file)
            elif place == 12:
                lines.append(record(number, text=""))
            elif place == 13:
                other = (file + 1) % files * RECORDS + 40
                lines.append(record(other, modified="2025-01-01T00:00:00Z", title="Later title"))
            elif place == 14:
                lines.append(record(number, embargoed_until="2031-01-01T00:00:00Z"))
            else:
                lines.append(record(number))
        paths.append(folder / f"{file:02}.jsonl")
        paths[-1].write_bytes(b"".join(lines))
    return paths


def write_second(folder: Path, files: int = 9) -> list[Path]:
    """A later batch: earlier copies that come late, revisions, known records, new ones."""
    folder.mkdir()
    paths = []
    for file in range(3):
        lines = []
        for place in range(RECORDS):
            number = (file * RECORDS + place) * 3 % (files * RECORDS)
            if place % 4 == 0:
                late = {"timestamp": "1999-01-01T00:00:00Z", "text": text_of(number)}
                lines.append(record(10_000_000 + number + file, **late))
            elif place % 4 == 1:
                new = text_of(number) + " revised"
                lines.append(record(number, text=new, modified="2025-06-01T00:00:00Z"))
            elif place % 4 == 2:
                lines.append(record(number))
            else:
                lines.append(record(20_000_000 + file * RECORDS + place))
        paths.append(folder / f"{file:02}.jsonl")
        paths[-1].write_bytes(b"".join(lines))
    return paths


def numbers(task: int) -> Iterator[pa.RecordBatch]:
    """Work: a batch with the number, and twice the number."""
    yield pa.record_batch([pa.array([task], pa.int64())], schema=SCHEMA)
    return 2 * task


def many_numbers(task: int) -> Iterator[pa.RecordBatch]:
    """Work: some megabytes that do not compress."""
    values = random.Random(task).randbytes(8 * 3_000_000)
    yield pa.record_batch([pa.array(memoryview(values).cast("q"), pa.int64())], schema=SCHEMA)
    return task


def dying_once(died: str, task: int) -> Iterator[pa.RecordBatch]:
    """Work that kills its process at task 3, the first time: the file ``died`` is not there."""
    if task == 3:
        try:
            os.close(os.open(died, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return (yield from numbers(task))


def dying(task: int) -> Iterator[pa.RecordBatch]:
    """Work that kills its process at task 3, always."""
    if task == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return (yield from numbers(task))


def failing(task: int) -> Iterator[pa.RecordBatch]:
    """Work that raises at task 3."""
    from newsdata.errors import SourceError

    if task == 3:
        raise SourceError("invented.jsonl: no such file")
    return (yield from numbers(task))
