"""Files that hold many inputs and are no JSON: WARC, CSV, TSV and Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, cast

from newsdata.records import Page, Rejected
from newsdata.sources.crawls import read_crawl
from newsdata.sources.files import STDIN, Input
from newsdata.sources.kinds import Kind
from newsdata.sources.lines import Piece
from newsdata.sources.origins import Origin
from newsdata.sources.rows import parquet_pieces, table_pieces
from newsdata.sources.streams import Stream

Item = Page | Rejected | Piece


def many_items(file: BinaryIO, stream: Stream, kind: Kind, origin: Origin) -> Iterator[Item]:
    """Pages, rejections, or the pieces that records are made of.

    ``stream`` is over ``file``, nothing of it taken yet.
    """
    if kind == "warc":
        if origin.path == STDIN:  # a WARC is read twice; what cannot seek is copied first
            with _copied(stream) as copy:
                yield from read_crawl(cast(BinaryIO, copy), origin)
            return
        file.seek(0)
        yield from read_crawl(file, origin)
    elif kind == "parquet":
        if origin.path == STDIN or stream.compression:
            with _copied(stream) as copy:
                yield from parquet_pieces(Input(copy.name, origin.name))
        else:
            yield from parquet_pieces(Input(origin.path, origin.name))
    else:
        yield from _table(stream, kind, origin)


def _table(stream: Stream, kind: Kind, origin: Origin) -> Iterator[Piece]:
    """The rows; where the stream broke, the last one is no whole row."""
    held: Piece | None = None
    for piece in table_pieces(stream, origin.limits, "\t" if kind == "tsv" else ","):
        if held is not None:
            yield held
        held = piece
    if held is not None and stream.fault is None:
        yield held
    elif stream.fault is not None:
        last = held or Piece(b"", 1, 0, 0)
        yield Piece(last.content, last.line, last.offset, last.length, stream.fault)


@contextmanager
def _copied(stream: Stream) -> Iterator[IO[bytes]]:
    """The rest of a stream, decompressed, as a file that can seek."""
    with NamedTemporaryFile(prefix="newsdata-input-") as copy:
        shutil.copyfileobj(cast(IO[bytes], stream), copy, 1 << 20)
        copy.flush()
        copy.seek(0)
        yield cast(IO[bytes], copy)
