"""Prepares a release for training: what is left out and why, which split, which leaks, privacy.

Pure: small columns of all articles and a way to read their rows in, the same columns with
``left`` and ``split`` out, and rows as they are to be written. The rows pass by in portions; only
the shingles of the evaluation side and the persons' names are held in memory. What comes out
follows from the set of articles and the options, not from batches or their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsdata.exporters.plan import Rows
from newsdata.exporters.rows import cut
from newsdata.exporters.tables import csv_bytes
from newsdata.releases import LEFT, SPLIT, order_of
from newsdata.training.leaks import Leak, LeakFinder
from newsdata.training.preparation import Preparation
from newsdata.training.rewriting import Rewriter

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.fingerprints import Fingerprints, Hashing
    from newsdata.schema import Schema

#: Bytes of rows that are looked at at once.
PORTION = 16_000_000

LEAKS = ("id", "split", "relation", "score", "of", "leaks")
LEFT_OUT = ("id", "reason")


@dataclass(frozen=True, slots=True)
class Prepared:
    """``heads`` have ``left`` and, where the release is split, ``split``. ``leaks`` are (id,
    split, relation, score, id of the text on the training side, number of such texts), by id.
    ``counts`` says how often what was made unreadable, in the rows of the release; ``signals``
    which rights signals left articles out. ``rewriter`` is None where rows stay as they are."""

    heads: pa.Table
    rewriter: Rewriter | None = None
    leaks: tuple[tuple[str, str, str, str, str, int], ...] = ()
    counts: Mapping[str, int] | None = None
    signals: Mapping[str, int] | None = None

    def rows(self, rows: Rows) -> Rows:
        """The rows as they are to be written."""
        return rows if self.rewriter is None else _Rewritten(rows, self.rewriter)


@dataclass(frozen=True, slots=True)
class _Rewritten:
    rows: Rows
    rewriter: Rewriter

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`newsdata.exporters.plan.Rows`."""
        return (self.rewriter.table(table)[0] for table in self.rows.tables(cuts))


@dataclass(frozen=True, slots=True)
class Rule:
    """What prepares: the options, the schema, and how texts are compared."""

    preparation: Preparation
    schema: Schema
    require: Sequence[str]
    hashing: Hashing
    threshold: float


def prepare(
    heads: pa.Table,
    facts: pa.Table,
    rows_of: Callable[[pa.Array], Rows],
    rule: Rule,
    names: Iterable[str] = (),
) -> Prepared:
    """Decide about every article.

    ``heads`` as ``releases.arrange`` wants them, with ids; ``facts`` has the fields that the
    filters ask for (:meth:`Preparation.fields`) and ``length``, row by row. ``names`` are all
    names of persons that the archive knows, where some are to be replaced.
    """
    wish = rule.preparation
    left, signals = _filtered(heads, facts, wish)
    heads = _with(heads, LEFT, left)
    if wish.split:
        heads, left = _split(heads, facts, rule)
    rewriter = Rewriter.of(wish.redact, wish.pseudonymise, wish.key, names, rule.schema)
    counted: list[Counter[str]] = []
    if wish.quality or rewriter:
        order = order_of(heads, rule.require, rule.schema)
        counted = _survey(heads, rows_of(order), order, left, rule, rewriter)
        heads = _with(heads, LEFT, left)
    leaks: tuple[Any, ...] = ()
    if wish.split:
        leaks = _leaks(heads, rows_of, rule, rewriter)
        if wish.leaks == "drop":
            found = {one[0] for one in leaks}
            for row, id_ in enumerate(heads.column("id").to_pylist()):
                left[row] = "leak" if left[row] is None and id_ in found else left[row]
            heads = _with(heads, LEFT, left)
    total = _total(heads, rule, counted) if rewriter else None
    return Prepared(heads, rewriter, leaks, total, signals)


def _with(heads: pa.Table, name: str, values: Sequence[str | None]) -> pa.Table:
    import pyarrow as pa

    column = pa.array(values, pa.string())
    if name in heads.column_names:
        return heads.set_column(heads.column_names.index(name), name, column)
    return heads.append_column(name, column)


# -- filters ------------------------------------------------------------------------------------


def _filtered(
    heads: pa.Table, facts: pa.Table, wish: Preparation
) -> tuple[list[str | None], dict[str, int]]:
    """The reason of each article that a filter leaves out; and the rights signals that did."""
    left: list[str | None] = []
    signals: Counter[str] = Counter()
    times = heads.column("timestamp").to_pylist() if "timestamp" in heads.column_names else None
    columns = {name: facts.column(name).to_pylist() for name in facts.column_names}
    for row in range(heads.num_rows):
        values = {name: column[row] for name, column in columns.items()}
        reason = wish.reason(values, times[row] if times else None)
        if reason == "tdm-reserved":
            signals.update(set((values["rights"] or {}).get("signals") or ["unnamed"]))
        left.append(reason)
    return left, dict(sorted(signals.items()))


def _split(heads: pa.Table, facts: pa.Table, rule: Rule) -> tuple[pa.Table, list[str | None]]:
    """The heads with the split of each article; one that has none is left out."""
    split = rule.preparation.rule()
    assert split is not None
    nothing = [None] * heads.num_rows
    times = heads.column("timestamp").to_pylist() if "timestamp" in heads.column_names else nothing
    hosts = facts.column("source").to_pylist() if "source" in facts.column_names else nothing
    ids, left = heads.column("id").to_pylist(), heads.column(LEFT).to_pylist()
    sides = [split.side(*one) for one in zip(ids, times, hosts, strict=True)]
    for row, side in enumerate(sides):
        if side is None and left[row] is None:
            left[row] = "no-split"
    return _with(_with(heads, LEFT, left), SPLIT, sides), left


# -- rows ---------------------------------------------------------------------------------------


def _portions(heads: pa.Table, order: pa.Array, rows: Rows) -> Iterator[tuple[list[int], Any]]:
    """The rows of an order in portions, with their numbers among the heads."""
    sizes = heads.column("size").take(order).to_numpy()
    cuts = cut(sizes, PORTION)
    for (start, stop), table in zip(cuts, rows.tables(cuts), strict=True):
        yield order.slice(start, stop - start).to_pylist(), table


def _survey(
    heads: pa.Table,
    rows: Rows,
    order: pa.Array,
    left: list[str | None],
    rule: Rule,
    rewriter: Rewriter | None,
) -> list[Counter[str]]:
    """Mark in ``left`` what breaks a rule of quality; what was rewritten, row by row of heads."""
    from newsdata.training.quality import failed, signals_of

    counts: list[Counter[str]] = [Counter()] * heads.num_rows
    roles = rule.schema.roles
    for places, table in _portions(heads, order, rows):
        if rewriter is not None:
            table, found = rewriter.table(table)
            for place, one in zip(places, found, strict=True):
                counts[place] = one
        if not rule.preparation.quality:
            continue
        texts = table.column(roles["text"]).to_pylist()
        tags = table.column(roles["language"]).to_pylist() if "language" in roles else texts
        for place, text, tag in zip(places, texts, tags, strict=True):
            broken = failed(signals_of(text or "", tag), rule.preparation.quality)
            left[place] = broken[0] if broken else left[place]
    return counts


def _total(heads: pa.Table, rule: Rule, counted: list[Counter[str]]) -> dict[str, int]:
    wish = rule.preparation
    total = Counter(dict.fromkeys([*wish.redact, *(["person"] if wish.pseudonymise else [])], 0))
    for row in order_of(heads, rule.require, rule.schema).to_pylist():
        total.update(counted[row])
    return dict(total)


def _leaks(
    heads: pa.Table,
    rows_of: Callable[[pa.Array], Rows],
    rule: Rule,
    rewriter: Rewriter | None,
) -> tuple[tuple[str, str, str, str, str, int], ...]:
    """The leaks between the training side and the others, as they are to be written."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from newsdata.fingerprints import fingerprint_batch, join_fingerprints

    order = order_of(heads, rule.require, rule.schema)
    learnt = pc.equal(heads.column(SPLIT).take(order), "train")
    ids = heads.column("id").to_pylist()

    columns = [
        rule.schema.roles[role] for role in ("text", "language") if role in rule.schema.roles
    ]

    def prints(chosen: Any) -> Iterator[tuple[list[int], Fingerprints]]:
        some = order.filter(chosen)
        for places, table in _portions(heads, some, rows_of(some)):
            table = table.select(columns)
            table = rewriter.table(table)[0] if rewriter else table
            texts = table.column(0).combine_chunks().cast(pa.large_string())
            yield places, fingerprint_batch(texts, rule.hashing, sketches=False)

    held = list(prints(pc.invert(learnt)))
    if not held:
        return ()
    places = [place for part, _ in held for place in part]
    finder = LeakFinder(join_fingerprints([one for _, one in held]), max(rule.threshold, 0.1))
    for part, others in prints(learnt):
        finder.add([ids[place] for place in part], others)
    splits = heads.column(SPLIT)
    return tuple(
        sorted(
            _leak_row(one, ids, places, splits[places[one.held]].as_py()) for one in finder.found()
        )
    )


def _leak_row(
    leak: Leak, ids: Sequence[str], places: Sequence[int], split: str
) -> tuple[str, str, str, str, str, int]:
    score = f"{float(leak.score):.4f}"
    return ids[places[leak.held]], split, leak.relation, score, leak.other, leak.others


# -- what the release says of it ----------------------------------------------------------------


def documents(prepared: Prepared, require: Sequence[str], schema: Schema) -> dict[str, bytes]:
    """``left-out.csv`` with a reason for every article that is not in the release, and where it
    is split ``leaks.csv``."""
    heads = prepared.heads
    left = heads.column(LEFT).to_pylist()
    inside = set(order_of(heads, require, schema).to_pylist())
    key = schema.roles.get("id")
    asked = [name for name in dict.fromkeys([key, *require]) if name]
    says = {name: heads.column(f"says.{name}").to_pylist() for name in asked}
    rows = []
    for row, id_ in enumerate(heads.column("id").to_pylist()):
        if row not in inside:
            lacking = next((f"missing-{name}" for name in asked if not says[name][row]), None)
            rows.append((id_, lacking or left[row]))
    found = {"left-out.csv": csv_bytes(LEFT_OUT, sorted(rows))}
    if SPLIT in heads.column_names:
        found["leaks.csv"] = csv_bytes(LEAKS, prepared.leaks)
    return found


def sections(prepared: Prepared, wish: Preparation) -> dict[str, str]:
    """What the card says of the preparation: heading -> Markdown."""
    found = {}
    if wish.split:
        kinds = Counter((one[1], one[2]) for one in prepared.leaks)
        lines = [
            f"Split by `{wish.split}` (seed {wish.seed}): on which side an article stands follows "
            "from that article alone.",
            f"{len(prepared.leaks):,} articles of the evaluation sides were found near, contained "
            "in or containing an article of `train`"
            + (
                " and left out with the reason `leak`"
                if wish.leaks == "drop"
                else " and **kept on request**"
            )
            + "; `leaks.csv` names each with the article of `train`. `newsdata leaks` finds them "
            "in these files.",
            *(f"- {side}: {count:,} {kind}" for (side, kind), count in sorted(kinds.items())),
        ]
        found["Splits and leaks"] = "\n\n".join([*lines[:2], "\n".join(lines[2:])]).strip()
    if prepared.counts is not None:
        listed = "\n".join(f"- {kind}: {count:,}" for kind, count in prepared.counts.items())
        found["What was made unreadable"] = (
            "E-mail addresses, telephone numbers and IP addresses are replaced by `[email]`, "
            "`[phone]`, `[ip]`; names of persons by a keyed hash whose key is not in this "
            f"release. How often, in all fields:\n\n{listed}"
        )
    if prepared.signals:
        listed = "\n".join(f"- `{name}`: {n:,}" for name, n in prepared.signals.items())
        found["Reserved rights"] = (
            "Articles whose publisher reserves text and data mining were left out. By signal (an "
            f"article may carry several):\n\n{listed}"
        )
    return found
