"""E-mail addresses, telephone numbers and IP addresses in a text, made unreadable and counted.

- ``email``: addresses as RFC 5322 prints them without comments, also in scripts other than Latin,
  and the spellings people use against robots: ``name (at) example.org``.
- ``ip``: IPv4 with four numbers up to 255 and IPv6 that :mod:`ipaddress` accepts, with a port or
  a network; never a version number (``v1.2.3.4``, ``версия 1.2.3.4``) or a clock time.
- ``phone``: numbers valid by the plans of the countries in which the language is spoken
  (libphonenumber), international ones of any country, and local ones after a word such as ``тел.``

What is found is replaced by ``[email]``, ``[phone]`` or ``[ip]``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address
from typing import Literal, TypeAlias

from newsdata.errors import UsageError

Kind: TypeAlias = Literal["email", "phone", "ip"]
Span: TypeAlias = tuple[int, int]

#: In the order in which they are looked for: the digits of an address are no telephone number.
KINDS: tuple[Kind, ...] = ("email", "ip", "phone")

#: Countries whose numbering plans a language suggests, by ISO 3166-1.
REGIONS: dict[str, tuple[str, ...]] = {
    "ar": ("EG", "SA", "AE"),
    "be": ("BY",),
    "bg": ("BG",),
    "cs": ("CZ",),
    "de": ("DE", "AT", "CH"),
    "en": ("US", "GB"),
    "es": ("ES", "MX"),
    "fr": ("FR",),
    "hr": ("HR",),
    "it": ("IT",),
    "kk": ("KZ",),
    "lt": ("LT",),
    "lv": ("LV",),
    "pl": ("PL",),
    "pt": ("BR", "PT"),
    "ru": ("RU", "BY", "KZ"),
    "sr": ("RS",),
    "tr": ("TR",),
    "uk": ("UA",),
    "zh": ("CN",),
}

_AT = r"(?:@|\s?[\[(]\s?(?:at|собака|сабака)\s?[\])]\s?)"
_DOT = r"(?:\.|\s?[\[(]\s?(?:dot|точка|кропка)\s?[\])]\s?)"
_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w][\w.!#$%&'*+/=?^`{{|}}~-]{{0,63}}{_AT}"
    rf"(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?{_DOT}){{1,8}}(?:[^\W\d_]{{2,24}}|xn--[a-z0-9-]{{2,59}})(?![\w@])",
    re.IGNORECASE,
)
_IPV4 = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    r"(?:/\d{1,2}|:\d{1,5})?(?![\w]|\.\d)"
)
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[\w:.]*:[\w:.]*:)[0-9A-Fa-f:]{2,39}(?:(?:\.\d{1,3}){3})?(?:/\d{1,3})?(?![\w:])"
)
_VERSION = re.compile(
    r"(?:\bv|version|release|build|ver\.|верси[яиюей]{1,2}|в[еэ]рсі[яіюей]{1,2}|сборк[аиеу]"
    r"|section|sec\.|article|art\.|clause|paragraph|стать[яиюей]{1,2}|ст\.|артыкул\w{0,2}"
    r"|пункт\w*|п\.|§|№)\s*$",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?<!\w)(?:тел(?:ефон\w*)?|тэл(?:ефон\w*)?|моб(?:ильн\w*)?|факс\w*|phones?|tel(?:ephone)?"
    r"|call|mob(?:ile)?|cell|fax|зв[оа]н\w*|тэлефанаваць|telefon\w*|whatsapp|viber|вайбер\w*)(?!\w)"
    r"(?:\s+(?:доверия|даверу|горячей линии|гарачай лініі|number|us|now|по|at|on|for|номер\w*"
    r"|нумар\w*|for information))*"
    r"[\s.:#№()-]{0,6}(?=[+(\d])",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"\+?\(?\d[\d\s().\u2010-\u2014-]{3,22}\d(?!\d)")
_NEXT_LOCAL = re.compile(r"\s*(?:[,;/]|или|або|or|и|і|and|oder|und)\s*(?=[+(\d])", re.IGNORECASE)
_DATE = re.compile(
    r"(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}-\d{1,2}-\d{4}|\d{4}[./-]\d{1,2}[./-]\d{1,2})"
)
_DIGITS = re.compile(r"\d(?:[\s().\u2010-\u2014/-]{0,3}\d){6}")


def redact(
    text: str, kinds: Iterable[Kind] = KINDS, language: str | None = None
) -> tuple[str, Counter[Kind]]:
    """The text with what was found replaced, and how often each kind was.

    >>> redact("Пишите на desk@example.org, тел. 203-15-02.", language="ru")
    ('Пишите на [email], тел. [phone].', Counter({'email': 1, 'phone': 1}))
    """
    counts: Counter[Kind] = Counter()
    wanted = set(kinds)
    for kind in KINDS:
        if kind not in wanted:
            continue
        spans = _FINDERS[kind](text, language)
        counts[kind] += len(spans)
        for begin, end in reversed(spans):
            text = f"{text[:begin]}[{kind}]{text[end:]}"
    return text, +counts


def parse_kinds(value: str) -> tuple[Kind, ...]:
    """``"email,phone"`` -> the kinds; raises UsageError for a word that is none."""
    given = [part.strip() for part in value.split(",") if part.strip()]
    for part in given:
        if part not in KINDS:
            raise UsageError(f"redact: found {part!r}; expected some of {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in given)


def _emails(text: str, _language: str | None) -> list[Span]:
    if "@" not in text and "(" not in text and "[" not in text:
        return []
    return [found.span() for found in _EMAIL.finditer(text)]


def _addresses(text: str, _language: str | None) -> list[Span]:
    spans = [
        found.span()
        for found in _IPV4.finditer(text)
        if not _VERSION.search(text, max(found.start() - 20, 0), found.start())
    ]
    if ":" in text:
        spans += [found.span() for found in _IPV6.finditer(text) if _is_ipv6(found.group())]
    return _apart(spans)


def _is_ipv6(printed: str) -> bool:
    try:
        return ip_address(printed.partition("/")[0]).version == 6 and len(printed) > 2
    except ValueError:
        return False


def _phones(text: str, language: str | None) -> list[Span]:
    spans = list(_cued(text))
    if _DIGITS.search(text):
        spans += _planned(text, language)
    return _apart(spans)


def _cued(text: str) -> Iterator[Span]:
    """Numbers after a word that announces them, and those listed behind the first."""
    for cue in _CUE.finditer(text):
        place = cue.end()
        while found := _LOCAL.match(text, place):
            if not 5 <= sum(map(str.isdigit, found.group())) <= 15 or _DATE.match(found.group()):
                break
            yield found.span()
            following = _NEXT_LOCAL.match(text, found.end())
            if not following:
                break
            place = following.end()


def _planned(text: str, language: str | None) -> list[Span]:
    """Numbers that are valid by a numbering plan."""
    from phonenumbers import Leniency, PhoneNumberMatcher

    found: list[Span] = []
    for region in REGIONS.get((language or "").split("-")[0].lower(), ("ZZ",)):
        matches = PhoneNumberMatcher(text, region, leniency=Leniency.VALID, max_tries=1000)
        found += [
            (match.start, match.end) for match in matches if _looks_like_one(match.raw_string)
        ]
    if "+" in text:  # also numbers that are set aside, such as those of films
        matches = PhoneNumberMatcher(text, "ZZ", leniency=Leniency.POSSIBLE, max_tries=1000)
        found += [(match.start, match.end) for match in matches]
    return found


def _looks_like_one(printed: str) -> bool:
    """A bare run of digits is a number of anything; a phone is grouped or has a plus."""
    return (
        printed.startswith(("+", "("))
        or not printed.isdigit()
        or (len(printed) == 11 and printed[0] in "78")
    )


def _apart(spans: Sequence[Span]) -> list[Span]:
    """The spans in order, overlapping ones joined."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


_FINDERS: dict[Kind, Callable[[str, str | None], list[Span]]] = {
    "email": _emails,
    "ip": _addresses,
    "phone": _phones,
}
