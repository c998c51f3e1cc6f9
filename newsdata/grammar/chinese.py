"""Datelines of Chinese stories, which part nothing by spaces. Pure and linear.

Forms, after real texts: ``白通社明斯克12月15日电``, ``新华社北京1月30日电（记者 名字）``,
``俄罗斯卫星通讯社明斯克1月3日电``; agency and place may stand in brackets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from newsdata.sites import AGENCIES

_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class ChineseDateline:
    """``day`` is (day, month, year or None); ``end`` is where the story goes on."""

    end: int
    agency: str
    places: tuple[str, ...]
    day: tuple[int, int, int | None] | None
    names: tuple[str, ...]


@cache
def _form() -> re.Pattern[str]:
    names = sorted((n for a in AGENCIES for n in a.names if _HAN.match(n)), key=len, reverse=True)
    agency = f"(?:{'|'.join(names)}|BelTA)"
    day = r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日"
    place = r"[\u4e00-\u9fff·、/]{1,24}?"
    return re.compile(
        rf"[【\[(（]?(?P<agency>{agency})[)）]?[ ,，]?(?P<place>{place})[ ,，]?"
        rf"(?:{day}(?:[上下中]午)?)?(?:[电電讯訊]|消息)"
        r"(?:\s?[(（](?:记者|記者)\s?(?P<names>[^()（）\n]{2,40})[)）])?[】\]）)]?[\s:：,，—-]*"
    )


def read_chinese(text: str) -> ChineseDateline | None:
    """The dateline that opens a Chinese text, None where none does.

    >>> found = read_chinese("新华社北京1月30日电（记者 张三、李四）新桥")
    >>> found.agency, found.places, found.day, found.names
    ('新华社', ('北京',), (30, 1, None), ('张三', '李四'))
    """
    match = _form().match(text)
    if not match:
        return None
    if not match["day"] and match[0][-1] in "电電讯訊息":  # 新华社发电..., a word that goes on
        return None
    day = None
    if match["day"]:
        day = int(match["day"]), int(match["month"]), int(match["year"]) if match["year"] else None
        if not (1 <= day[0] <= 31 and 1 <= day[1] <= 12):
            return None
    return ChineseDateline(
        match.end(),
        match["agency"],
        tuple(filter(None, re.split("[、/]", match["place"]))),
        day,
        tuple(filter(None, re.split(r"[\s、,，]+", match["names"] or ""))),
    )
