"""Photo credits: ``Фото Максима Гучека``, ``© Sputnik / Виктор Толочко``. Pure and linear.

Kinds of credit, and what each names:

============= =====================================================================
person        one or several photographers (and perhaps their agency)
agency        a news or picture agency and no person: ``Фото: Reuters``
author        the author of the article: ``Фото автора``
archive       a file picture: ``Фото из архива``
social        a picture taken over from a network: ``Фото из инстаграма ...``
handout       supplied by a press service or a participant: ``Фото: Пресс-служба президента``
organisation  another house or a web site: ``Фото: president.gov.by``
unknown       none of these can be told
============= =====================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from newsdata.grammar.bylines import is_person
from newsdata.grammar.names import to_nominative
from newsdata.sites import find_agency
from newsdata.text import word_set

Kind: TypeAlias = Literal[
    "person", "agency", "author", "archive", "social", "handout", "organisation", "unknown"
]
Case: TypeAlias = Literal["genitive", "nominative"]

#: A credit is a short line.
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Credit:
    """One credit line.

    ``raw`` is as printed; ``photographers`` are persons in the nominative, in printed order;
    ``agency`` as printed. ``case`` is the case the names were taken to stand in (None without
    persons), ``ambiguous`` says that another person could be meant. ``medium`` is ``photo`` or
    ``video``.
    """

    raw: str
    kind: Kind
    photographers: tuple[str, ...] = ()
    agency: str | None = None
    case: Case | None = None
    ambiguous: bool = False
    medium: Literal["photo", "video"] = "photo"


_KEYWORD = (
    r"(?:Автор(?:ы)? (?:фото|видео|снимк[аов]+)|Аўтар(?:ы)? (?:фота|відэа)"
    r"|Фото(?:графи[ия]|хроника)?(?: и видео)?|Світлин[аи]|Фота(?: і відэа)?"
    r"|Снимк[аи]|Снимок|Здымак|Здымкі"
    r"|Видео|Відэа|Видеосъемка|Иллюстрация|Инфографика|Скриншот"
    r"|Photos?|Photograph(?:s|er)?|Pictures?|(?:Image|Photo|Picture|Foto) credit|Fotos?"
    r"|Bild(?:er)?|Zdjęci[ea]|[Ff]ot\.|Fotograf(?:ía|ie)s?|Images?(?=\s?:)"
    r"|Vídeo|Video|Crédits?(?: photo)?)"
)
_LINE = re.compile(
    rf"(?P<open>[(\[])?(?P<keyword>{_KEYWORD}|(?i:{_KEYWORD})(?=\s?:))"
    r"(?P<separator>\s?(?:[:：]|[-–—](?=\s))\s*|\s+(?:by|von|de|par|di)\s+|\s+)(?P<body>\S.*)"
)
_COPYRIGHT = re.compile(r"(?:©|\([cсCС]\)|&copy;)\s*(?P<body>\S.*)")
_AP_PHOTO = re.compile(r"\((?P<agency>AP|AFP|EPA|Reuters) Photo\s*/\s*(?P<body>[^()]{2,80})\)")
_FILE_PHOTO = re.compile(r"(?i)[/,]\s*(?:file|archive|handout)(?: photo| picture)?$")
_NAME_FIRST = re.compile(r"(?P<body>[^/|(]{3,60}?)\s?[/|]\s?(?P<agency>[^/|]{2,24})")
_BRACKETED = re.compile(r"\s*\((?P<agency>[^()]{2,24})\)$")
_AGENCY_FIRST = re.compile(
    r"(?P<agency>[^\s/|]{2,12}(?: [^\s/|]{2,12})?)\s?[/|]\s?(?P<body>[^/|]{3,60})"
)
_VIDEO = re.compile(r"(?i)(?:автор(?:ы)? )?(?:видео|відэа|video|vídeo)(?! ?и фото)")

_AUTHOR = re.compile(
    r"(?i)(?:из архива |з архіва )?(?:автор(?:а|ов|ів|ка|ки)?|аўтар(?:а|аў|кі)?|(?:by )?"
    r"(?:the )?authors?"
    r"|(?:des |vom |der |del |de la |de l['’])?(?:autor(?:a|en|es|s|in|ów|ki)?|auteure?s?))\.?"
)
_ARCHIVE = re.compile(
    r"(?i)^(?:из\s+(?:\w+\s+)?архив\w*|з\s+(?:\w+\s+)?архіва|архив\w*|архіў\w*|file(?: photo)?"
    r"|archives?|z archiwum|archiwum|aus dem archiv|archiv|archivo|de archivo|из фондов"
    r"|из (?:открытых|свободных) источников)\b"
)
_SOCIAL = re.compile(
    r"(?i)(?:инстаграм|instagram|соцсет|социальн\w+ сет|сацсет|facebook|фейсбук|twitter|твиттер"
    r"|telegram|телеграм|тэлеграм|вконтакте|\bvk\b|youtube|ютуб|tiktok|тикток|одноклассник"
    r"|viber|@\w|\bx\.com)"
)
_HANDOUT = re.compile(
    r"(?i)(?:пресс-служб|прэс-служб|пресс-центр|предоставлен|прадастаўлен|прадстаўлен|handout"
    r"|courtesy|press service|pressedienst|press office|servicio de prensa|служба прессы"
    r"|организатор|геро\w{1,4} (?:публикации|материала)|из личного"
    r"|семейн\w+ (?:альбом|архив)|privat\b)"
)
_ORGANISATION = re.compile(
    r"(?i)(?:\.(?:by|ru|com|org|net|gov|ua|kz|бел|рф|de|pl)\b|министерств|міністэрств|\bмин[а-я]{3,}"
    r"|комитет|камітэт|\bмчс\b|\bмвд\b|\bгук\b|управлени|университет|институт|музе|театр|завод"
    r"|компани|клуб|федераци|газет|редакци|ведомств|department|ministry|university|club|служб"
    r"|центр|агентств|прокуратур|ministerium|ministerio|\bсайт|исполком|выканкам|[«\"])"
)
_ILLUSTRATION = re.compile(r"(?i)(?:иллюстративн|ілюстрацыйн|illustrative)")
_ADJECTIVE = re.compile(
    r"(?i)(?P<kind>архивн\w{2,3}|архіўн\w{2,3}|file|archiv|иллюстративн\w{2,3}|ілюстрацыйн\w{2,3})"
    r"[ -]?(?:фото|фота|снимок|снимки|здымак|photo|foto|bild|видео)(?:графия)?\.?"
)
_RIGHTS = re.compile(r"(?i)(?:\bправ[оа]\b|rights|reserved|копирайт|copyright|\d{4})")
_ROLES = re.compile(
    r"(?i)\b(?:фотокорр(?:еспондента?)?|корр(?:еспондента?)?|спецкорра?|карэспандэнта?|фотографа?"
    r"|фотакарэспандэнта?|(?:информ)?агентств[ао]|агенцтва|(?:staff )?photographer)\.?\s+"
)
#: Picture agencies, which write no datelines.
_PICTURE_AGENCIES = frozenset({
    "getty", "getty images", "shutterstock", "depositphotos", "istock", "alamy", "epa", "epa-efe",
    "unsplash", "pixabay", "pexels", "imago", "imago images", "picture alliance", "legion-media",
    "globallookpress", "global look press", "photobank", "east news", "ap photo", "ap images",
    "dreamstime", "fotolia", "adobe stock", "vostock photo",
})  # fmt: skip
#: How a credit without a colon goes on when it names no person.
_OPENINGS = word_set(
    "из з с со са зі героя героини участников семьи сайта пресс-службы прэс-службы предоставлено"
    " предоставлены courtesy"
)
_SPLIT = re.compile(r"\s*[,;|/]\s*|\s+(?:и|і|ды|and|und|y|et|i)\s+(?=\S)")
_WORDS_OF_PROSE = 9


def read_credit(line: str, language: str | None = None) -> Credit | None:
    """The credit that a whole line is, or None where it is something else.

    After ``Фото`` and no colon names stand in the genitive; a name that is already in the
    nominative is left alone. After a colon, a dash or a slash they stand as they are, but a form
    that can only be a genitive is turned all the same.

    >>> read_credit("Фото Максима Гучека").photographers
    ('Максим Гучек',)
    >>> read_credit("© Sputnik / Виктор Толочко").agency, read_credit("Фото автора").kind
    ('Sputnik', 'author')
    >>> read_credit("Фото из инстаграма Арины Соболенко").photographers
    ()
    """
    line = line[: LONGEST + 1].strip()
    if not line or len(line) > LONGEST:
        return None
    if line.startswith("Скриншот") and len(line.split()) < 5:
        return Credit(line, "unknown", medium=_medium(line))
    photo = _AP_PHOTO.fullmatch(line)
    if photo:
        return _credit(line, f"{photo['agency']}/{photo['body']}", "nominative", language)
    match = _LINE.fullmatch(line)
    if match:
        return _after_keyword(line, match, language)
    adjective = _ADJECTIVE.fullmatch(line)
    if adjective:
        archive = adjective["kind"].casefold().startswith(("арх", "file", "arch"))
        return Credit(line, "archive" if archive else "unknown", medium=_medium(line))
    mark = _COPYRIGHT.fullmatch(line)
    if mark and not _RIGHTS.search(mark["body"]):
        credit = _credit(line, mark["body"], "nominative", language)
        return credit if credit.kind in ("person", "agency") else None
    first = _AGENCY_FIRST.fullmatch(_FILE_PHOTO.sub("", line)) or _NAME_FIRST.fullmatch(line)
    if first and _agency(first["agency"]) and is_person(first["body"].strip(" .")):
        return _credit(line, _FILE_PHOTO.sub("", line), "nominative", language)
    return None


def _after_keyword(line: str, match: re.Match[str], language: str | None) -> Credit | None:
    body = match["body"]
    if match["open"]:
        if not body.endswith((")", "]")):
            return None
        body = body[:-1]
    separator = match["separator"].strip()
    if _ILLUSTRATION.search(body):
        return Credit(line, "unknown", medium=_medium(line))
    words = len(body.split())
    if words > _WORDS_OF_PROSE or (not separator and body[-1] in "!?:…"):
        return None
    marked = bool(separator) or "автор" in match["keyword"].lower()
    credit = _credit(line, body, "nominative" if marked else "genitive", language)
    if credit.kind == "unknown" and not separator:
        return None  # "Фото дня", "Photo of the year": a headline
    if (
        credit.kind in ("organisation", "social", "handout")
        and not separator
        and body[0].islower()
    ):
        return credit if body.split()[0] in _OPENINGS else None
    return credit


def _medium(line: str) -> Literal["photo", "video"]:
    return "video" if _VIDEO.match(line.lstrip("([")) else "photo"


def _credit(line: str, body: str, case: Case, language: str | None) -> Credit:
    inside = _BRACKETED.search(body)
    if inside and _agency(inside["agency"]):  # "Anna Lee (EFE)"
        body = f"{body[: inside.start()]}, {inside['agency']}"
    text = body.strip().rstrip(".").strip() if not re.search(r"\b\w\.$", body) else body.strip()
    special = _special_kind(text)
    persons: list[str] = []
    agency: str | None = None
    printed: Case | None = None
    ambiguous = False
    for part in _SPLIT.split(text):
        name, case_here = _without_keyword(part, case)
        found, name = _agency_in(name)
        agency = agency or found
        if special or not name or not _is_name(name):
            continue
        nominative, unclear = _nominative(name, case_here, language)
        printed = "genitive" if nominative != name else printed or "nominative"
        ambiguous = ambiguous or unclear
        if nominative not in persons:
            persons.append(nominative)
    kind: Kind = special or ("person" if persons else "agency" if agency else _other_kind(text))
    return Credit(line, kind, tuple(persons), agency, printed, ambiguous, _medium(line))


def _special_kind(text: str) -> Kind | None:
    if _AUTHOR.fullmatch(text):
        return "author"
    if _SOCIAL.search(text):
        return "social"
    if _ARCHIVE.match(text):
        return "archive"
    if _HANDOUT.search(text):
        return "handout"
    return None


def _other_kind(text: str) -> Kind:
    if _ORGANISATION.search(text) or (text.isupper() and len(text) > 1):
        return "organisation"
    return "unknown"


def _without_keyword(part: str, case: Case) -> tuple[str, Case]:
    """``видео Валерии Неронской`` inside a list of credits: the name and its case."""
    part = part.strip().strip("()[]").strip()
    match = re.match(rf"(?i:{_KEYWORD})(?P<colon>\s?[:：])?\s+", part)
    if not match:
        return part, case
    return part[match.end() :], "nominative" if match["colon"] else "genitive"


def _agency(name: str) -> str | None:
    name = " ".join(name.split()).strip(' .«»"')
    known = find_agency(name) or name.casefold() in _PICTURE_AGENCIES
    return name if known else None


def _agency_in(part: str) -> tuple[str | None, str]:
    """The agency a part names and what is left of it: ``корр. БЕЛТА Максима Гучека``."""
    part = _ROLES.sub("", part + " ").strip()
    whole = _agency(part)
    if whole:
        return whole, ""
    words = part.split()
    for cut in (2, 1):
        if len(words) > cut:
            start, end = " ".join(words[:cut]), " ".join(words[-cut:])
            if _agency(start):
                return _agency(start), " ".join(words[cut:])
            if _agency(end):
                return _agency(end), " ".join(words[:-cut]).rstrip(" -–—(")
    return None, part


def _is_name(part: str) -> bool:
    words = part.split()
    if not 2 <= len(words) <= 4 and not (
        len(words) == 1 and re.match(r"[^\W\d_]\.\s?\w{3}", part)
    ):
        return False
    return is_person(part) and not _ORGANISATION.search(part) and words[0][0].isupper()


def _nominative(name: str, case: Case, language: str | None) -> tuple[str, bool]:
    found = to_nominative(name, language)
    if case == "genitive":
        return found.name, found.ambiguous
    sure = found.confident and not found.ambiguous
    return (found.name if sure else name), False


def with_author(credit: Credit, authors: tuple[str, ...]) -> Credit:
    """``Фото автора`` with the author of the article as its photographer, others as they are.

    One of several authors stays unknown; ``Фото авторов`` are all of them.

    >>> credit = read_credit("Фото автора")
    >>> with_author(credit, ("Ann Lee",)).photographers, with_author(credit, ("A B", "C D")).kind
    (('Ann Lee',), 'author')
    """
    if credit.kind != "author" or credit.photographers or not authors:
        return credit
    if len(authors) > 1 and not _AUTHORS.search(credit.raw):
        return credit
    return replace(credit, photographers=authors, case="nominative")


_AUTHORS = re.compile(r"(?i)(?:авторов|аўтараў|авторів|authors|autoren|autores|autorów|auteurs)\b")


# -- credits inside other text -----------------------------------------------------------------

_INSIDE = re.compile(rf"(?:(?<=[.!?…»\")\]])\s+|\s+(?=\())(?=\(?(?:{_KEYWORD}[\s:]|AP Photo|©))")


def split_credit(text: str, language: str | None = None) -> tuple[str, Credit | None]:
    """A caption or paragraph without the credit that closes it, and that credit.

    >>> rest, credit = split_credit("На снимке: во время совещания. Фото Яна Горбанюка, БЕЛТА.")
    >>> rest, credit.photographers, credit.agency
    ('На снимке: во время совещания.', ('Ян Горбанюк',), 'БЕЛТА')
    """
    start = max(0, len(text) - LONGEST)
    for match in _INSIDE.finditer(text, start):
        credit = read_credit(text[match.end() :], language)
        if credit:
            return text[: match.start()].rstrip(), credit
    return text, None
