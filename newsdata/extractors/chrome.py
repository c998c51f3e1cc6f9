"""What stands around the article in a page saved as text: navigation, weather, footers. Data and
small tests of one line. General signals first, words of single sites only as data."""

from __future__ import annotations

import re

from newsdata.grammar.months import WEEKDAYS, month_number

#: A line of navigation is short.
SHORT = 60

#: ``-0-`` ends an article of BelTA; a score such as ``5-0-1`` does not.
_END_MARK = re.compile(r"(?<!\d)(?<!\d )[-–—]0[-–—](?! ?\d)|[-–—]0[-–—]$")

_NAVIGATION = frozenset({
    "все новости", "усе навіны", "all news", "alle nachrichten", "todas las noticias",
    "wszystkie wiadomości", "госорганы", "дзяржорганы", "главная", "галоўная", "home", "menu",
    "меню", "поиск", "search", "войти", "подписаться", "поделиться", "падзяліцца", "share",
    "печать", "версия для печати", "print", "флаг", "flag", "рус", "бел", "eng", "ru", "en",
    "реклама", "advertisement", "anzeige", "publicidad", "комментарии", "комментировать",
    "описание", "апісанне", "description", "лента новостей", "стужка навін", "news feed",
    "facebook", "twitter", "vk", "вконтакте", "вкантакце", "telegram", "viber", "whatsapp",
    "одноклассники", "instagram", "x", "youtube", "tiktok", "скопировать ссылку", "copy link",
    "видео", "фото", "відэа", "фота", "teilen", "compartir", "udostępnij",
})  # fmt: skip

# From such a line on nothing belongs to the article.
_FOOTER = re.compile(
    r"(?i)^(?:топ[- ]новости|топ[- ]навіны|top news|top-nachrichten|свежие новости|свежыя навіны"
    r"|latest news|neueste nachrichten|aktuelle nachrichten|últimas noticias|najnowsze wiadomości"
    r"|последние новости|апошнія навіны|новости по теме|навіны па тэме|материалы по теме"
    r"|related (?:news|stories|articles)|ähnliche|noticias relacionadas|powiązane"
    r"|белта\s*[-–—]\s*новости|белта\s*[-–—]\s*навіны|belta\s*[-–—]\s*news"
    r"|[-–—]\s*размещаются материалы|размещаются материалы рекламно"
    r"|(?:©|\(c\)\s)(?=.*(?:прав|rights|reserved|\d{4}))|copyright\b|авторское право"
    r"|аўтарскае права|все права защищены|усе правы|all rights reserved"
    r"|при использовании материалов|при полном или частичном|перепечатка|полная версия(?: сайта|$)"
    r"|поўная версія(?: сайта|$)|мы в соцсетях|мы в социальных сетях|подпис(?:ывайтесь|аться на)"
    r"|падпісвайцеся|follow us|folgen sie uns|наш канал в|читайте нас)"
)
# Such a line is dropped, the article may go on after it.
_PROMO = re.compile(
    r"(?i)^(?:читайте также|читать также|читайте по теме|чытайце таксама|смотрите также"
    r"|глядзіце таксама|read also|see also|read more|also read|lesen sie auch|mehr zum thema"
    r"|lea también|lea además|czytaj także|czytaj też|подробнее:|по теме:|watch:)"
)
_TAGS = re.compile(
    r"(?i)(?:теги|тэги|ключевые слова|tags|keywords|schlagw[oö]rter|etiquetas|tagi)\s*:\s*"
    r"(?P<tags>\S.*)"
)
_HASHTAGS = re.compile(r"(?:#[\w-]{1,60}[\s,]*)+")
_UPDATED = re.compile(
    r"(?i)(?:обновлен[оа]|изменен[оа]|абноўлена|updated|last modified|aktualisiert|actualizado"
    r"|zaktualizowano|mis à jour)\b"
)
_LONGEST_FOOTER = 200
_DEGREES = re.compile(r"[-+−]?\d{1,2}\s?°\s?[CСF]?")
_RIGHTS = re.compile(
    r"(?i)(?:©|\bcopyright\b|авторское право|аўтарскае права|all rights reserved)"
)
_TERMINAL = tuple(".!?…:;")


def find_end_mark(line: str) -> re.Match[str] | None:
    """Where a line carries the mark that ends an article, None where it does not."""
    return _END_MARK.search(line) if "0" in line else None


def is_doubled(line: str) -> bool:
    """A short line that says the same thing twice in one go: ``ГОСОРГАНЫГОСОРГАНЫ``."""
    half = len(line) // 2
    if not 4 <= len(line) <= SHORT:
        return False
    glued = len(line) % 2 == 0 and line[:half] == line[half:]
    spaced = len(line) % 2 == 1 and line[half] == " " and line[:half] == line[half + 1 :]
    return glued or spaced


def is_weather(line: str) -> bool:
    """A short line with a temperature: ``Минск-Уручье 0°C``."""
    return len(line) <= SHORT and bool(_DEGREES.search(line)) and not line.endswith(_TERMINAL)


def has_weekday_and_date(line: str) -> bool:
    """The line with the day of reading in a page's header: ``Флаг Суббота, 23 ноября 2024``."""
    if len(line) > SHORT:
        return False
    words = [word.strip(".,") for word in line.casefold().split()]
    return (
        any(word in WEEKDAYS for word in words)
        and any(month_number(word) for word in words if word not in WEEKDAYS)
        and any(word.isdigit() for word in words)
    )


def is_navigation(line: str) -> bool:
    """A line that leads elsewhere and says nothing of the article."""
    return line.casefold().strip(" :>»«|") in _NAVIGATION or is_doubled(line)


def is_footer(line: str) -> bool:
    """A line from which on nothing belongs to the article."""
    return len(line) <= _LONGEST_FOOTER and bool(_FOOTER.match(line))


def is_promo(line: str) -> bool:
    """A line inside an article that recommends another one."""
    return len(line) <= _LONGEST_FOOTER and bool(_PROMO.match(line))


def is_banner(line: str) -> bool:
    """A line all in capitals, as campaigns print them after a text."""
    words = [word for word in line.split() if any(map(str.isalpha, word))]
    return len(words) >= 3 and len(line) <= 120 and line.isupper() and not line.endswith(_TERMINAL)


def copyright_notice(lines: list[str]) -> str | None:
    """The first line that claims a copyright, as printed."""
    return next((x for x in lines if len(x) <= _LONGEST_FOOTER and _RIGHTS.search(x)), None)


def tags_of(line: str) -> list[str]:
    """The tags a line lists (``Теги: мост, река``, ``#мост #река``), as printed; else none.

    >>> tags_of("Теги: мост, река"), tags_of("#мост #река"), tags_of("Мост открыт.")
    (['мост', 'река'], ['мост', 'река'], [])
    """
    if len(line) > 3 * _LONGEST_FOOTER:
        return []
    match = _TAGS.fullmatch(line)
    if match:
        tags = [tag.strip(" .#") for tag in re.split("[,;|]", match["tags"])]
    elif _HASHTAGS.fullmatch(line):
        tags = [tag.strip(" ,") for tag in line.split("#")]
    else:
        return []
    return list(dict.fromkeys(tag for tag in tags if tag))


def is_updated(line: str) -> bool:
    """A printed time that says it is the one of the last change."""
    return bool(_UPDATED.match(line))
