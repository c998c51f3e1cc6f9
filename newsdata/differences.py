"""Where two texts differ, word by word and paragraph by paragraph. Pure.

Words are compared exactly, as printed; white space is not. The time grows with the length of the
texts, not with its square: what both begin and end with is taken off, words that each text has
once hold long texts together (as in patience diff), and only the short stretches between them are
searched by ``difflib``. A long stretch without such a word counts as different as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import TypeAlias

#: Words (with the white space behind them) in a row, and whether the other text lacks them.
Piece: TypeAlias = tuple[str, bool]
#: ``(i, j, n)``: the words ``left[i : i + n]`` and ``right[j : j + n]`` are the same.
Block: TypeAlias = tuple[int, int, int]

#: Stretches up to this product of their lengths are searched by difflib.
SEARCHED = 90_000
#: How often a stretch is split by words that it has once.
DEPTH = 6


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side: paragraphs of one text and those they are in the other.

    One side is empty where the other text has nothing like it. A side is several paragraphs,
    with line breaks, where they were split or joined.
    """

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]

    @property
    def same(self) -> bool:
        """Whether both sides have the same words."""
        return not any(changed for _, changed in self.left + self.right)


def compare(left: str, right: str) -> list[Row]:
    """The rows of two texts, in order.

    The pieces of one side, joined, are that text's paragraphs with single spaces and without
    blank lines.

    >>> [row] = compare("It rained today.", "It snowed today.")
    >>> row.left
    (('It ', False), ('rained ', True), ('today.', False))
    """
    ours, theirs = _words(left), _words(right)
    rows: list[Row] = []
    side = _Sides()
    i = j = 0
    for a, b, size in _blocks([w for w, _ in ours], [w for w, _ in theirs]):
        side.left += [(word, ends, True) for word, ends in ours[i:a]]
        side.right += [(word, ends, True) for word, ends in theirs[j:b]]
        rows += side.row()
        for (word, ends), (_, other_ends) in zip(
            ours[a : a + size], theirs[b : b + size], strict=True
        ):
            side.left.append((word, ends, False))
            side.right.append((word, other_ends, False))
            rows += side.row()
        i, j = a + size, b + size
    return rows


def plain(rows: Iterable[Row]) -> Iterator[str]:
    """Rows as lines for a pipe: ``- `` and ``+ `` before what differs, two spaces before the rest.

    Where both sides of a row share words, those that differ stand in ``[-...-]`` and ``{+...+}``.

    >>> print(*plain(compare("It rained.\\nCold.", "It snowed.\\nCold.")), sep="\\n")
    - It [-rained.-]
    + It {+snowed.+}
      Cold.
    """
    for row in rows:
        if row.same:
            yield from _lines(row.left, "  ", "", "")
            continue
        shared = any(not changed for _, changed in row.left)
        yield from _lines(row.left, "- ", *(("[-", "-]") if shared else ("", "")))
        yield from _lines(row.right, "+ ", *(("{+", "+}") if shared else ("", "")))


def _lines(side: tuple[Piece, ...], prefix: str, before: str, after: str) -> Iterator[str]:
    text = ""
    for piece, changed in side:
        for line in piece.splitlines(keepends=True):
            words = line.rstrip()
            text += before + words + after + line[len(words) :] if changed else line
    for line in text.splitlines():
        yield prefix + line


def _words(text: str) -> list[tuple[str, bool]]:
    """Each word with whether it is the last of its paragraph."""
    found: list[tuple[str, bool]] = []
    for line in text.splitlines():
        words = line.split()
        found += [(word, False) for word in words[:-1]]
        found += [(word, True) for word in words[-1:]]
    return found


class _Sides:
    """The row that is being filled: (word, ends its paragraph, changed) on either side."""

    def __init__(self) -> None:
        self.left: list[tuple[str, bool, bool]] = []
        self.right: list[tuple[str, bool, bool]] = []

    def row(self) -> list[Row]:
        """The row if it is complete: both texts are at the end of a paragraph."""
        if not (self.left or self.right) or not (_is_ended(self.left) and _is_ended(self.right)):
            return []
        row = Row(_pieces(self.left), _pieces(self.right))
        self.left, self.right = [], []
        return [row]


def _is_ended(side: list[tuple[str, bool, bool]]) -> bool:
    return not side or side[-1][1]


def _pieces(side: list[tuple[str, bool, bool]]) -> tuple[Piece, ...]:
    last = len(side) - 1
    spaced = [
        (word + ("" if n == last else "\n" if ends else " "), changed)
        for n, (word, ends, changed) in enumerate(side)
    ]
    return tuple(
        ("".join(word for word, _ in group), changed)
        for changed, group in groupby(spaced, key=lambda piece: piece[1])
    )


def _blocks(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    """The blocks that two texts share, in order, then an empty one at their ends."""
    joined: list[Block] = []
    for a, b, size in _shared(left, right, 0, 0, 0):
        if joined and joined[-1][0] + joined[-1][2] == a and joined[-1][1] + joined[-1][2] == b:
            start, other, length = joined.pop()
            a, b, size = start, other, length + size
        joined.append((a, b, size))
    return [*_substantial(joined, len(left), len(right)), (len(left), len(right), 0)]


def _substantial(blocks: list[Block], left: int, right: int) -> Iterator[Block]:
    """Without single words that two unlike passages share by chance: they only hide the change."""
    i = j = 0
    for number, (a, b, size) in enumerate(blocks):
        after, behind = blocks[number + 1][:2] if number + 1 < len(blocks) else (left, right)
        before_it = min(a - i, b - j)
        behind_it = min(after - a - size, behind - b - size)
        if size > 1 or before_it < 3 or behind_it < 3:
            yield a, b, size
            i, j = a + size, b + size


def _shared(
    left: Sequence[str], right: Sequence[str], a: int, b: int, depth: int
) -> Iterator[Block]:
    """Blocks of two stretches that begin at ``a`` and ``b`` of their texts, in order."""
    shorter = min(len(left), len(right))
    head = next((n for n in range(shorter) if left[n] != right[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if left[-1 - n] != right[-1 - n]), rest)
    if head:
        yield a, b, head
    inner, other = left[head : len(left) - tail], right[head : len(right) - tail]
    if inner and other:
        yield from _within(inner, other, a + head, b + head, depth)
    if tail:
        yield a + len(left) - tail, b + len(right) - tail, tail


def _within(
    left: Sequence[str], right: Sequence[str], a: int, b: int, depth: int
) -> Iterator[Block]:
    if len(left) * len(right) <= SEARCHED:
        for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
            if block.size:
                yield a + block.a, b + block.b, block.size
        return
    anchors = _anchors(left, right) if depth < DEPTH else []
    if not anchors:
        return
    i = j = 0
    for x, y in [*anchors, (len(left), len(right))]:
        yield from _shared(left[i:x], right[j:y], a + i, b + j, depth + 1)
        if x < len(left):
            yield a + x, b + y, 1
        i, j = x + 1, y + 1


def _anchors(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Places of words that each text has once, as many as stand in the same order in both."""
    once = {word for word, count in Counter(left).items() if count == 1}
    once &= {word for word, count in Counter(right).items() if count == 1}
    place = {word: n for n, word in enumerate(left) if word in once}
    pairs = [(place[word], n) for n, word in enumerate(right) if word in once]
    # The longest increasing run of places: tails[k] ends the best run of k + 1 pairs so far.
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (x, _) in enumerate(pairs):
        at = bisect_left(tails, x)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [x]
        ends[at : at + 1] = [number]
    run: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]
