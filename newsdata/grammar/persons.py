"""Persons named in captions: ``Мурат Нуртлеу и Сергей Алейник``. Pure and linear."""

from __future__ import annotations

import re

from newsdata.grammar.names import is_given_name

_NAME = re.compile(
    r"(?<![\w-])(?P<given>[^\W\d_][\w'’-]{1,19}) (?P<family>[^\W\d_][\w'’-]{1,29})(?![\w-])"
)
LONGEST_CAPTION = 500


def people_in_caption(caption: str) -> list[str]:
    """The persons a caption names in the nominative, in printed order.

    A pair of capitalised words of which the first is a known given name; other pairs may be
    squares, companies or ships.

    >>> people_in_caption("Сергей Орлов и Мурат Бай на площади Победы")
    ['Сергей Орлов', 'Мурат Бай']
    """
    found = [match[0] for match in _NAME.finditer(caption[:LONGEST_CAPTION]) if _is_person(match)]
    return list(dict.fromkeys(found))


def _is_person(match: re.Match[str]) -> bool:
    family = match["family"]
    return (
        is_given_name(match["given"])
        and family[0].isupper()
        and not (len(family) > 2 and family.isupper())
    )
