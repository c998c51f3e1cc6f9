"""Markdown that stays what it is, whatever text stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: Control characters, and those that turn the direction of the text around them.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would break out of a cell is made harmless.

    >>> print(table(("a", "b"), [("x|y", "<i>")]))
    | a | b |
    | --- | --- |
    | x\\|y | &lt;i> |
    """
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(inline(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def inline(text: str) -> str:
    """Text that stays in its line and its cell, and is no HTML outside of `code`."""
    # All white space but the one that does not break, which the percentages have.
    parts = re.split(r"(`[^`]*`)", re.sub(r"[^\S\xa0]+", " ", text).strip())
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "".join(parts).replace("|", "\\|")


def literal(text: str, most: int = 100) -> str:
    """Text from outside that reads as what it is: no markup, link, picture, formula or HTML, and
    no characters that move what stands beside them; cut after ``most`` characters.

    >>> literal("[a](http://b.example) *c* <d> |"), literal("x" * 101, 100)[-2:]
    ('\\\\[a\\\\](http://b.example) \\\\*c\\\\* &lt;d> &#124;', 'x…')
    """
    text = " ".join(UNSEEN.sub(" ", text).split())
    text = text if len(text) <= most else text[:most] + "…"
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    text = re.sub(r"([\\*_\[\]~$])", r"\\\1", text)
    # As entities, so that neither a cell nor `code` around it sees them.
    return text.translate({ord("<"): "&lt;", ord("`"): "&#96;", ord("|"): "&#124;"})


def code(text: str) -> str:
    """Text as `code`, also where it has a backtick of its own.

    >>> code("a"), code("a`b")
    ('`a`', '`` a`b ``')
    """
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def linked(text: str, link: str | None) -> str:
    """The text, as a link where there is one."""
    return f"[{text}]({link})" if link else text


def share(part: int, whole: int) -> str:
    """A percentage that says 100 % or 0 % only where it is exact; its space does not break.

    >>> [share(a, b).replace("\xa0", " ") for a, b in ((1, 1000), (999, 1000), (0, 5), (5, 5))]
    ['<1 %', '>99 %', '0 %', '100 %']
    """
    if part in (0, whole):
        return "100\xa0%" if part else "0\xa0%"
    percent = 100 * part / whole
    if percent < 1:
        return "<1\xa0%"
    return ">99\xa0%" if percent > 99 else f"{percent:.0f}\xa0%"
