"""A caption as printed becomes caption and credit: by keyword, brackets, agency or form. Pure.

Keywords and agencies are data in many languages. Where a page marks the credit with an element
of its own, :mod:`newsdata.extractors.pictures` hands it over as such.
"""

from __future__ import annotations

import re
from dataclasses import replace

from newsdata.grammar.bylines import is_person
from newsdata.grammar.credits import Credit, read_credit, split_credit
from newsdata.text import squeeze

LONGEST_CREDIT = 160

_KEYWORD = (
    r"(?:(?:symbol|archiv|agentur)?fotos?|photos?|photographs?|photography|pictures?|images?|pic"
    r"|(?:symbol|archiv)?bild(?:er|quelle|rechte|nachweis)?|quelle|credits?|crédits?|source|fuente"
    r"|imagen|imágenes|fotografía|fotografia|fot\.|zdjęcie|фото|фота|здымак|снимок|снимка|світлина"
    r"|copyright|grafik|illustration|ilustración|screenshot|kuva|valokuva|fotoğraf|nuotr\.?|ảnh"
    r"|isithombe|ljósmynd|写真|図|图|图源|图片来源|摄影"
    r"|사진(?: ?출처)?|출처|الصورة|تصوير|صورة|مصدر الصورة)"
)
_LABEL = re.compile(
    rf"^[\s(\[|/–—-]*(?:(?:©|\(c\)|copyright)\s*:?\s*)?(?:{_KEYWORD}"
    r"(?:\s*(?:credit|by|von|de|par|av|af|di|courtesy of|courtesy)\b|\s*[:：=©/]|\s*$))?"
    r"\s*[:：=]?\s*(?:©\s*)?",
    re.IGNORECASE,
)
_LABEL_ALONE = re.compile(
    rf"[\s(\[|©]*(?:{_KEYWORD}|©|copyright)\s*(?:by|credit|:|：|©|=)*\s*", re.IGNORECASE
)
_TAIL = re.compile(
    r"(?:^|[\s(\[|•/–—.。，」»”\"-])(?P<credit>(?:"
    rf"(?:(?:©|\(c\)|copyright)\s*)?{_KEYWORD}(?:\s*(?:credit|by|courtesy of|von|de))?\s*[:：=]\s*"
    r"|(?:photos?|photograph|images?|pictures?|foto"
    r"|bild|фото)\s+(?:by|credit|courtesy of|courtesy)"
    r"\s+|(?:©|\(c\)\s|copyright\s)\s*)"
    r"(?P<body>[^|\n]{2,130}?))\s*[)\]]?\s*\.?\s*$",
    re.IGNORECASE,
)
#: Lithuanian puts the keyword last: ``Caption / A. Name / Agency nuotr.``
_KEYWORD_LAST = re.compile(
    r"\s/\s(?P<body>[^/]{2,60}(?:\s/\s[^/]{1,40})?\s(?:nuotr|nuotrauka)\.?)$"
)
_BRACKETS = re.compile(r"[(\[]\s*(?P<body>[^()\[\]]{2,110})\s*[)\]]\s*\.?$")
_AFTER_END = re.compile(
    r"(?:[.!?…»”\")]|\s[|/–—-])\s*\s(?P<body>[^\W\d_a-zа-яё@][^.!?…]{1,70}?)\s*\.?$"
)
_AGENCY = re.compile(
    r"(?<![\w-])(?:AP|AFP|Reuters|REUTERS|dpa|Getty|EPA|EFE|ANSA|APA|Keystone|KEYSTONE|IMAGO|Imago"
    r"|picture alliance|Picture Alliance|Shutterstock|Unsplash|Pixabay|Pexels|iStock\w*|Alamy"
    r"|TASS|ТАСС|РИА Новости|БЕЛТА|BelTA|Sputnik|Bloomberg|Xinhua|新华社|Anadolu|AA|Sipa|SIPA|Zuma"
    r"|ZUMA|NTB|TT|LaPresse|PA|Canadian Press|AAP|Yonhap|연합뉴스|Kyodo|共同|NurPhoto|SOPA|Handout"
    r"|HANDOUT|Pool|Wikimedia|CC BY|Adobe Stock|stock\.adobe|Europa Press|Depositphotos|LUSA|Lusa"
    r"|CTK|ČTK|PAP|MTI|Belga|ANP|Ritzau|Scanpix|UGC|Instagram|Facebook|YouTube|Gallo Images"
    r"|Cuartoscuro|WENN|Rex|REX|Press Association|SWNS|Agencia \w+|DPA|ddp|epd|KNA|DDP)(?![\w-])"
)
_CASELESS = re.compile(
    r"[\u3400-\u9fff·]{2,4}|[\u3040-\u30ff\u3400-\u9fff]{2,5}\s[\u3040-\u30ff\u3400-\u9fff]{1,4}"
    r"|[\uac00-\ud7af]{2,4}|[\u0600-\u06ff]{2,12}(?:\s[\u0600-\u06ff]{2,12}){1,3}"
    r"|[\u0590-\u05ff]{2,12}(?:\s[\u0590-\u05ff]{2,12}){1,3}"
)
#: Agencies, papers, archives and other houses in these scripts.
_HOUSE_WORD = re.compile(
    r"[社网網报報局院台]$|通讯|通信|新闻|新聞|提供|资料|資料|뉴스|제공|일보|통신|자료|وكالة|أرشيف|صحيفة|قناة|موقع"
    r"|وكالات|رويترز|الأناضول|فرانس"
)
_NAME = r"[^\W\d_a-zа-яё][\w'’.-]+(?:\s+(?:de|da|van|von|der|del|la|le|bin|al)\b)*"
_NAMES = re.compile(rf"{_NAME}(?:\s+{_NAME}){{1,3}}")


def bare_credit(raw: str) -> str:
    """A credit without its keyword and brackets: what it names.

    >>> bare_credit("(Foto: Ann Lee/dpa)"), bare_credit("© AFP"), bare_credit("Raj Oak")
    ('Ann Lee/dpa', 'AFP', 'Raj Oak')
    """
    rest = _LABEL.sub("", raw.strip(), count=1).strip(" |[–—")
    rest = rest.removesuffix(")") if rest.count(")") > rest.count("(") else rest
    return rest.removesuffix("]").strip(" .") or raw.strip()


def as_credit(raw: str | None, language: str | None) -> Credit | None:
    """What stands where only a credit can stand, whether or not its form says so."""
    raw = squeeze(raw or "").strip(" |/–—-")
    if not 1 < len(raw) <= LONGEST_CREDIT:
        return None
    if raw[0] in "([" and raw.rstrip(".")[-1] in ")]":
        raw = raw.rstrip(".")[1:-1].strip()
    if is_label(raw):
        return None
    read = read_credit(raw, language) or read_credit(f"Photo: {bare_credit(raw)}", language)
    names = _caseless_names(bare_credit(raw)) if not (read and read.photographers) else ()
    if names:
        return Credit(raw, "person", names, read.agency if read else None, "nominative")
    return replace(read, raw=raw) if read else Credit(raw, "unknown")


def _caseless_names(text: str) -> tuple[str, ...]:
    """The persons of a credit in a script without capitals: Han, kana, Hangul, Arabic, Hebrew."""
    parts = [part.strip() for part in re.split(r"[/／、،,|]", text)]
    return tuple(p for p in parts if _CASELESS.fullmatch(p) and not _HOUSE_WORD.search(p))


def is_label(text: str) -> bool:
    """Whether a text is nothing but the keyword of a credit: ``Photo:``, ``Copyright``."""
    return len(text) < 40 and bool(_LABEL_ALONE.fullmatch(text))


def looks_like_credit(text: str) -> bool:
    """Whether a short text is a credit by its form alone: a keyword, an agency, ``A B / C``.

    >>> looks_like_credit("Getty Images"), looks_like_credit("The bridge in May")
    (True, False)
    """
    if not 1 < len(text) <= LONGEST_CREDIT:
        return False
    match = _TAIL.match(text)
    if match and match.start("credit") <= 1:
        return True
    if text.endswith((".", "!", "?")) and not _NAMES.fullmatch(text.rstrip(".")):
        return False
    return len(text) < 90 and bool(_AGENCY.search(text)) and len(text.split()) <= 9


def names_somebody(text: str) -> bool:
    """Whether a text is nothing but a personal name, or names parted by a slash.

    >>> names_somebody("Ann Lee"), names_somebody("Ann Lee / AFP"), names_somebody("Rain")
    (True, True, False)
    """
    parts = re.split(r"\s*[/|]\s*", text.strip("() .|"))
    return all(parts) and bool(_NAMES.fullmatch(parts[0])) and is_person(parts[0])


def split_caption(text: str, language: str | None) -> tuple[str | None, Credit | None]:
    """Caption and credit of a whole caption as printed; either may be missing.

    >>> caption, credit = split_caption("The bridge. Photo by Ann Lee/AFP", "en")
    >>> caption, credit.raw, credit.photographers
    ('The bridge.', 'Photo by Ann Lee/AFP', ('Ann Lee',))
    >>> split_caption("Trams on the bridge in May (archive)", "en")[1] is None
    True
    """
    text = squeeze(text)
    known = read_credit(text, language)
    if known:
        return None, _unwrapped(known)
    rest, inside = split_credit(text, language)
    if inside:
        return rest or None, _unwrapped(inside)
    for cut in (_by_brackets(text), _by_keyword(text), _by_agency(text)):
        if cut is not None:
            head, raw = text[:cut].strip(" |[(–—-/•"), text[cut:]
            credit = as_credit(raw, language)
            if credit:
                return head or None, credit
    if looks_like_credit(text) and re.search(r"[/©:]|via|Images", text):
        return None, as_credit(text, language)
    return text or None, None


def _unwrapped(credit: Credit) -> Credit:
    """A credit without the brackets around it."""
    raw = credit.raw
    whole = raw[0] in "([" and raw.rstrip(".")[-1] in ")]"
    return replace(credit, raw=raw.rstrip(".")[1:-1].strip()) if whole else credit


def _by_keyword(text: str) -> int | None:
    start = max(0, len(text) - LONGEST_CREDIT)
    last = _KEYWORD_LAST.search(text, start)
    if last:
        return last.start("body")
    match = _TAIL.search(text, start)
    return match.start("credit") if match else None


def _by_brackets(text: str) -> int | None:
    match = _BRACKETS.search(text, max(0, len(text) - LONGEST_CREDIT))
    if not match:
        return None
    body = match["body"]
    keyword = _TAIL.match(body)
    named = (keyword and keyword.start("credit") == 0) or _AGENCY.search(body)
    alone = names_somebody(body) and "/" in body
    return match.start() if named or alone else None


def _by_agency(text: str) -> int | None:
    match = _AFTER_END.search(text, max(0, len(text) - LONGEST_CREDIT))
    if not match or len(match["body"].split()) > 8:
        return None
    return match.start("body") if _AGENCY.search(match["body"]) else None
