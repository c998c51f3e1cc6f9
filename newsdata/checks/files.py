"""Validation of whole files: over processes, in order, into files, until the end or a signal."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import IO, Any

from newsdata.checks.judging import Judge, judge_of
from newsdata.checks.parts import Asked, Verdict
from newsdata.checks.tally import Tally
from newsdata.engines import pool
from newsdata.errors import SourceError
from newsdata.limits import Limits
from newsdata.records import Rejected
from newsdata.schema import Schema
from newsdata.sources.arguments import Sources, listed
from newsdata.sources.chunks import Chunk, cut_inputs
from newsdata.sources.documents import article_schema, load_schema
from newsdata.sources.files import Input, find_inputs
from newsdata.sources.reading import Reading

#: Up to so many bytes this process is alone: others would cost more than they save.
ONE_PROCESS = 8_000_000

#: What workers that make columns import when they first need it.
_NEEDED_FOR_COLUMNS = (
    "numpy", "pyarrow.json", "pyarrow.compute", "newsdata.ledger", "newsdata.exporters.rows"
)  # fmt: skip

Report = Callable[[Rejected], None]
#: Opens a stretch in which a signal may raise KeyboardInterrupt; outside it waits.
Pause = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Targets:
    """Streams to write to: the valid records as lines, as Parquet, and the rejects as JSON."""

    lines: IO[bytes] | None = None
    parquet: IO[bytes] | None = None
    rejects: IO[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """``schema`` is the path of a JSON Schema, None for that of articles; ``workers`` processes,
    None for one a processor; the limits."""

    schema: str | None = None
    workers: int | None = None
    limits: Limits = field(default_factory=Limits)


def validate_files(
    sources: Sources,
    targets: Targets | None = None,
    options: Options | None = None,
    report: Report | None = None,
    pause: Pause = nullcontext,
) -> dict[str, Any]:
    """Judge every record of the sources; the summary that ``newsdata validate --json`` prints.

    What is written, and its bytes, are the same whatever the number of workers. ``report`` gets
    every rejection in order, as soon as it is known. Where KeyboardInterrupt is raised inside a
    ``pause()``, all that was judged before in order is written and counted, and ``interrupted``
    in the summary says how far that is. Raises SourceError, SchemaError, UsageError, EngineError.
    """
    targets, options = targets or Targets(), options or Options()
    schema = schema_at(options.schema)
    wanted = Asked(
        schema,
        Reading(limits=options.limits),
        targets.lines is not None,
        targets.parquet is not None,
    )
    workers = pool.usable_cpus() if options.workers is None else options.workers
    tally = Tally()
    with ExitStack() as stack:
        writer = Writer(stack, targets, schema)
        inputs = find_inputs(listed(sources))
        found = stack.enter_context(closing(verdicts(inputs, wanted, workers)))
        line = 0
        while True:
            try:
                with pause():
                    verdict = next(found, None)
            except KeyboardInterrupt:
                tally.interrupted = True
                break
            if verdict is None:
                break
            line = _count(tally, verdict, line)
            for rejected in verdict.rejected:
                tally.reject(rejected)
                writer.reject(rejected)
                if report is not None:
                    report(rejected)
            writer.accept(verdict)
    return tally.summary()


def schema_at(path: str | None) -> Schema:
    """The schema in a file, or that of articles."""
    return load_schema(path) if path is not None else article_schema()


def verdicts(
    inputs: Sequence[Input], asked: Asked, workers: int
) -> Generator[Verdict, None, None]:
    """The verdicts on all chunks of the inputs, in order. Lines in places count from the chunk.

    The first bytes are judged here, so that little work starts no process and the first faults
    come at once.
    """
    judge = judge_of(asked)
    chunks = cut_inputs(inputs, asked.reading)
    done = 0
    for chunk in chunks:
        yield from _parts(judge, judge(chunk))
        done += chunk.size
        if workers > 1 and done >= ONE_PROCESS:
            break
    head = list(islice(chunks, 1))
    if head:
        # A copy has no compiled validator, which could not travel.
        arguments = (replace(asked, schema=replace(asked.schema)), done)
        tasks: Iterator[Chunk] = chain(head, chunks)
        preload = _NEEDED_FOR_COLUMNS if asked.columns else ("re2",)
        with closing(pool.in_order(judge_of, arguments, tasks, workers, preload)) as results:
            for verdict in results:
                yield from _parts(judge, verdict)


def _parts(judge: Judge, verdict: Verdict) -> Iterator[Verdict]:
    yield verdict
    while verdict.rest is not None:
        verdict = judge(verdict.rest)
        yield verdict


def _count(tally: Tally, verdict: Verdict, line: int) -> int:
    """Count a verdict, and give its places their true lines; the lines of its file so far."""
    if verdict.start == 0:
        line = 0
    if line and not verdict.placed:
        verdict.rejected = [_moved(rejected, line) for rejected in verdict.rejected]
    line += verdict.line
    tally.valid += verdict.valid
    tally.unheld.update(verdict.unheld)
    tally.reached = (verdict.name, line, verdict.end)
    return line


def _moved(rejected: Rejected, line: int) -> Rejected:
    place = rejected.place
    if place.line is None:
        return rejected
    return replace(rejected, place=replace(place, line=place.line + line))


class Writer:
    """The outputs of a validation; they are whole when ``stack`` is closed."""

    def __init__(self, stack: ExitStack, targets: Targets, schema: Schema) -> None:
        self._lines, self._rejects = targets.lines, targets.rejects
        self._parquet = None
        if targets.parquet is not None:
            from newsdata.exporters.growing import growing_parquet

            self._columns = schema.arrow
            self._parquet = stack.enter_context(growing_parquet(targets.parquet, schema.arrow))

    def add_table(self, path: str) -> None:
        """Copy the rows of a Parquet file that was made by the same schema.

        Raises SourceError where it is damaged or has other columns.
        """
        import pyarrow as pa

        from newsdata.sources.tables import read_batches, schema_of

        (one,) = find_inputs([path])
        assert self._parquet is not None
        if schema_of(one).remove_metadata() != self._columns:
            raise SourceError(f"{one.name}: its columns are not those of the schema")
        try:
            for batch in read_batches(one):
                self._parquet.add(batch)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{one.name}: {str(error).partition(chr(10))[0]}") from None

    def accept(self, verdict: Verdict) -> None:
        """Write the valid records of a verdict."""
        if self._lines is not None and verdict.lines:
            self._lines.write(verdict.lines)
        if self._parquet is not None:
            for batch in verdict.batches:
                self._parquet.add(batch)

    def reject(self, rejected: Rejected) -> None:
        """Write one rejection as a line of JSON."""
        if self._rejects is not None:
            text = json.dumps(rejected.to_dict(), ensure_ascii=False)
            self._rejects.write(text.encode("utf-8", "backslashreplace") + b"\n")
