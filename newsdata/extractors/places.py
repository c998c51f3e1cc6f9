"""After which paragraph of its text a picture of an HTML page stands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from newsdata.extractors.blocks import Block

#: So many characters at its end tell a paragraph from the others of its page.
_LONGEST_END = 80


def place_images(
    images: list[dict[str, Any]], places: list[int], blocks: Sequence[Block], text: str
) -> None:
    """Put ``after_paragraph`` where a figure stands between two known paragraphs of the text.

    A paragraph is recognised by its end, because a dateline may have been cut off before it and
    no other of the text may end so. A figure counts as placed before the first paragraph, between
    two that follow one another, or after the last one; else its position stays null.
    """
    parts = text.split("\n\n") if text else []
    ends: dict[str, int] = {}
    for number, part in enumerate(parts, 1):
        ends[_end(part)] = 0 if _end(part) in ends else number  # the same end twice tells nothing
    known: list[tuple[int, int]] = []
    for index, block in enumerate(blocks):
        number = ends.get(_end(block.text), 0)
        if number and (not known or number > known[-1][1]):
            known.append((index, number))
    for image, place in zip(images, places, strict=True):
        if place < 0 or not known:
            continue
        before = max((n for index, n in known if index < place), default=0)
        after = next((n for index, n in known if index >= place), len(parts) + 1)
        if after == before + 1:
            image["after_paragraph"] = before


def _end(text: str) -> str:
    return text[-_LONGEST_END:].strip()
