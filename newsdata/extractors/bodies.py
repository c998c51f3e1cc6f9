"""The text of an article out of a page's blocks: which part of the page, and which blocks. Pure.

Paragraphs vote for the elements around them by length, sentence ends and few links; the element
with most votes, or one around it that adds much more, holds the article. Inside it a heading
such as "More on this" ends the text where little of it follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsdata.extractors.blocks import Block

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SENTENCE_END = re.compile(r"[.!?…\"”»“।۔؟。！？:)’']\s*$")
_VOTES = (1.0, 0.72, 0.5, 0.36, 0.25)
_WEIGHT = {"p": 1.0, "blockquote": 1.0, "div": 0.7, "span": 0.7, "section": 0.7, "article": 0.7}
#: An element around the best one is taken where it has so much more good text.
_MORE, _LEAST_MORE = 1.18, 250
_HIGHEST = 4

#: From such a short line on a page speaks of other articles.
_END = re.compile(
    r"(?:more (?:from|on|in|news|stories|like this)\b.*"
    r"|related(?: (?:articles?|stories|news|content"
    r"|topics|posts|coverage))?:?|read (?:more|next|also).{0,40}|recommended.{0,30}"
    r"|most (?:read|popular|recent|shared|viewed)|you (?:may|might) (?:also )?like.*|don[’']t miss"
    r"|top (?:stories|videos?|news)|latest (?:news|stories|videos?).{0,20}|trending.{0,20}"
    r"|comments?(?: \(\d+\))?|(?:leave|post|write) a (?:reply|comment)|share this.{0,30}"
    r"|sign up .{0,60}|subscribe.{0,40}|about the authors?|what to read next"
    r"|mehr zum thema|lesen sie (?:mehr|auch).{0,40}|die redaktion empfiehlt|auch interessant"
    r"|das könnte (?:sie|dich) (?:auch )?interessieren|kommentare?(?: \(\d+\))?|zur startseite"
    r"|weitere (?:artikel|themen|nachrichten).{0,30}|(?:à )?(?:lire|voir) aussi.{0,30}"
    r"|sur le même (?:sujet|thème)|te puede interesar.*|más (?:noticias|información|en).{0,20}"
    r"|lo más (?:leído|visto).{0,20}|noticias relacionadas|leia (?:também|mais).{0,30}"
    r"|você pode gostar.*|potrebbe interessarti.*"
    r"|leggi anche.*|lees ook.*|läs (?:mer|också).*|les også.*"
    r"|ilginizi çekebilir.*|czytaj (?:także|też|więcej).*|zobacz (?:także|też).*|powiązane.*"
    r"|читайте (?:также|ещё|еще|по теме|також|більше).{0,40}|по теме:?|(?:другие )?новости по теме"
    r"|другие новости.{0,30}|материалы по теме|похожие (?:новости|материалы|статьи)|топ-новости"
    r"|свежие новости.{0,30}|самое (?:читаемое|важное|интересное)|последние новости"
    r"|главное сегодня|(?:чытайце|глядзіце) таксама.{0,30}|навіны па тэме|комментарии"
    r"|関連(?:記事|ニュース|キーワード).{0,20}|おすすめ.{0,20}|あわせて読みたい.{0,20}"
    r"|相关(?:新闻|阅读|报道).{0,20}|推荐阅读.{0,20}|اقرأ أيضا.{0,40}|مواضيع ذات صلة.{0,20}"
    r"|관련 ?기사.{0,20})$",
    re.IGNORECASE,
)
#: Lines that are never part of a text, whatever stands around them.
_JUNK = re.compile(
    r"(?:advertis(?:e)?ment|advert|anzeige|werbung|реклама|рэклама|publicité|publicidad|reklama?"
    r"|annons|広告|ad|loading\W*|share|teilen|print|e-?mail|lesezeit:?.{0,20}|tweet|copy link"
    r"|\d+ min(?:utes?|\.)? read|click (?:here|to).{0,60}|follow (?:us|@).{0,120}"
    r"|(?:last )?updated?(?: at| on)?\b.{0,40}\d.{0,12}|published\b.{0,40}\d{4}.{0,30}"
    r"|(?:story|article) continues below.{0,60}|this advertisement has not loaded.{0,80}"
    r"|article content|subscribe now.{0,80}|skip (?:to"
    r"|advert).{0,40}|©.{0,80}|image caption,?.{0,10}"
    r"|(?:get|sign up (?:for|to)) .{0,60}newsletters?.{0,60}|listen to (?:this )?article.{0,20}"
    r"|(?:photo|image|foto|фото|video|видео)|(?:вернуться|наверх).{0,20})$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[\W_]+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: What follows a heading of other articles has so little say in which part is the article.
_AFTER_END = 0.3


@dataclass(frozen=True, slots=True)
class Body:
    """The chosen blocks in the order of the page, and which element of the page holds them.

    ``before`` are the page's blocks that stand before the first chosen one.
    """

    blocks: tuple[Block, ...] = ()
    before: tuple[Block, ...] = ()

    @property
    def text(self) -> str:
        """The chosen blocks, a line each."""
        return "\n".join(block.text for block in self.blocks)


def bare(text: str) -> str:
    """Letters and digits alone in one case: for comparing."""
    return _WORDS.sub("", text.casefold())


def length(text: str) -> int:
    """The length of a text in letters of an alphabet: Han, kana and Hangul say twice as much."""
    if text.isascii() or not _DENSE.search(text):
        return len(text)
    return len(text) + len(_DENSE.findall(text))


def find_body(blocks: Sequence[Block], title: str = "", home: int | None = None) -> Body:
    """The article among the blocks of a page; empty where no paragraph speaks for any part.

    ``home`` is the number of the element that holds it, where that is known.
    """
    home = _home(blocks) if home is None else home
    if home is None:
        return Body()
    inside = [number for number, block in enumerate(blocks) if home in block.path]
    chosen = _without_others([blocks[number] for number in inside], bare(title))
    if not chosen:
        return Body()
    first = next(n for n in inside if blocks[n] is chosen[0])
    return Body(tuple(chosen), tuple(blocks[:first]))


def _home(blocks: Sequence[Block]) -> int | None:
    """The number of the element that holds the article."""
    votes: dict[int, float] = {}
    say, prose = 1.0, 0
    for block in blocks:
        size = length(block.text)
        if size < 90 and prose > 300 and _END.match(block.text):
            say = _AFTER_END
        if size < 25 or block.links > 0.6 or block.tag in HEADINGS:
            continue
        ends = 1.0 if _SENTENCE_END.search(block.text[-3:]) else 0.5
        vote = say * min(size, 600) ** 0.8 * (1 - block.links) * ends
        vote *= _WEIGHT.get(block.tag, 0.45)
        if size > 80 and block.links < 0.3 and ends == 1.0:
            prose += size
        for weight, number in zip(_VOTES, reversed(block.path), strict=False):
            votes[number] = votes.get(number, 0.0) + weight * vote
    if not votes:
        return None
    best = max(votes, key=lambda number: votes[number])
    return _higher(blocks, best)


def _higher(blocks: Sequence[Block], best: int) -> int:
    """``best`` or the element around it that holds much more good text."""
    good: dict[int, int] = {}
    path: tuple[int, ...] = ()
    for block in blocks:
        if best in block.path and not path:
            path = block.path[: block.path.index(best) + 1]
        if block.links > 0.5 or len(block.text) < 40 or block.tag not in _WEIGHT:
            continue
        if not _SENTENCE_END.search(block.text[-3:]):
            continue
        for number in block.path:
            good[number] = good.get(number, 0) + len(block.text)
    taken = 0
    for number in path[-2 : -2 - _HIGHEST : -1]:
        more = good.get(number, 0) - good.get(best, 0)
        if taken < 3 and more > _LEAST_MORE and good[number] > _MORE * good.get(best, 1):
            best = number
            taken += 1
    return best


def _without_others(blocks: Sequence[Block], title: str) -> list[Block]:
    """The blocks of the article's part that belong to the article."""
    lengths = [len(b.text) if b.links < 0.5 and len(b.text) > 40 else 0 for b in blocks]
    whole = sum(lengths) or 1
    chosen: list[Block] = []
    seen: set[str] = set()
    so_far = 0
    for number, block in enumerate(blocks):
        so_far += lengths[number]
        text = block.text
        if len(text) < 90 and _END.match(text):
            if _ends_here(blocks[number + 1 :], so_far, whole, block.tag):
                break
            continue
        if not _belongs(block) or (len(text) < 300 and bare(text) == title):
            continue
        if len(text) > 30:
            if text in seen:
                continue
            seen.add(text)
        chosen.append(block)
    while chosen and chosen[-1].tag in HEADINGS:
        chosen.pop()
    return chosen


def _ends_here(rest: Sequence[Block], so_far: int, whole: int, tag: str) -> bool:
    """Whether what follows a heading of other articles is too little to be the article."""
    if not (so_far > 0.3 * whole and so_far > 300) and so_far <= whole - so_far:
        return False
    prose = sum(len(b.text) for b in rest if b.tag == "p" and b.links < 0.2 and len(b.text) > 60)
    return prose < (0.6 if tag in HEADINGS else 0.45) * so_far


def _belongs(block: Block) -> bool:
    text = block.text
    if len(text) < 200 and _JUNK.match(text):
        return False
    if block.tag in HEADINGS:
        return block.tag != "h1" and block.links <= 0.7
    unfinished = not _SENTENCE_END.search(text[-3:])
    if block.links > 0.75 or (block.links > 0.6 and unfinished):
        return False
    own = (1 - block.links) * len(text)
    if block.links > 0.4 and own < 50 and block.tag in ("li", "tr", "dt", "dd"):
        return False
    return length(text) >= 25 or not unfinished or block.tag in ("p", "li", "tr", "blockquote")
