"""Publishers, their editions and news agencies, as data. No rule for one site stands in code.

A :class:`Site` says how the addresses of one edition are written, an :class:`Agency` under which
names an agency signs. A new site is a new row. Ids are for ever: changing ``edition`` or the
pattern of an existing row would change the ids of articles already archived, so a site that
changes its addresses gets a further pattern beside the old one (``paths`` are tried in order).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Site:
    """One edition of one publisher.

    ``host`` is the canonical host, ``aliases`` further hosts with the same pages; ``source`` the
    publisher all editions share; ``edition`` prefixes native ids and is None where pages have
    none. ``paths`` are patterns of the whole path with the groups ``rubric``, ``id``, ``year``,
    ``month``, ``day``, each optional. ``drop`` are leading path segments that only name another
    layout of the same page. ``zone`` is the IANA zone of printed times.
    """

    host: str
    source: str
    edition: str | None = None
    aliases: tuple[str, ...] = ()
    zone: str | None = None
    language: str | None = None
    agency: str | None = None
    paths: tuple[re.Pattern[str], ...] = ()
    drop: tuple[str, ...] = ("amp",)


@dataclass(frozen=True, slots=True)
class Agency:
    """A news agency: the names it signs with, as printed, its own host and its clock.

    ``zone`` is None for agencies that report from many clocks.
    """

    names: tuple[str, ...]
    host: str
    zone: str | None = None


def _paths(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


# Ids of the BelTA editions are counted apart. The oldest pages and photo reports lack the year.
_BELTA_PATHS = _paths(
    r"/(?P<rubric>[\w-]+)/view/(?:[^/]*-)?(?P<id>\d+)-(?P<year>(?:19|20)\d\d)",
    r"/(?P<rubric>[\w-]+)/view/(?:[^/]*-)?(?P<id>\d+)",
    r"/(?P<rubric>[\w-]+)",
)


def _belta(sub: str, language: str, agency: str) -> Site:
    host = f"{sub}.belta.by" if sub else "belta.by"
    variants = ("wap", "m", "amp", "special") if not sub else ()
    return Site(
        host=host,
        source="belta.by",
        edition=f"belta-{language}",
        aliases=tuple(f"{variant}.belta.by" for variant in variants),
        zone="Europe/Minsk",
        language=language,
        agency=agency,
        paths=_BELTA_PATHS,
        drop=("amp", "special", "wap"),
    )


# Rossiya Segodnya: /20230619/slug-1.html, /20200422/1.html, and before 2020
# /society/20180723/1/slug.html, /world/20150303/1.html. Its sites share one count of ids.
_ROSSIYA_PATHS = _paths(
    r"/(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)/(?:[^/]*-)?(?P<id>\d+)\.html",
    r"/(?P<rubric>[\w-]+)/(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)/(?P<id>\d+)(?:/[^/]*)?\.html",
)

SITES: tuple[Site, ...] = (
    _belta("", "ru", "БЕЛТА"),
    _belta("blr", "be", "БЕЛТА"),
    _belta("eng", "en", "BelTA"),
    _belta("deu", "de", "BelTA"),
    _belta("esp", "es", "BelTA"),
    _belta("pol", "pl", "BELTA"),
    _belta("chn", "zh", "BelTA"),
    Site("photobelta.by", "photobelta.by", zone="Europe/Minsk"),
    Site(
        host="tass.ru",
        source="tass.ru",
        edition="tass-ru",
        zone="Europe/Moscow",
        language="ru",
        agency="ТАСС",
        paths=_paths(r"/(?P<rubric>[\w-]+)/(?P<id>\d+)"),
    ),
    Site(
        host="tass.com",
        source="tass.com",
        edition="tass-en",
        zone="Europe/Moscow",
        language="en",
        agency="TASS",
        paths=_paths(r"/(?P<rubric>[\w-]+)/(?P<id>\d+)"),
    ),
    Site(
        host="ria.ru",
        source="ria.ru",
        edition="ria",
        zone="Europe/Moscow",
        language="ru",
        agency="РИА Новости",
        paths=_ROSSIYA_PATHS,
    ),
    Site(
        host="interfax.ru",
        source="interfax.ru",
        edition="interfax-ru",
        zone="Europe/Moscow",
        language="ru",
        agency="Интерфакс",
        paths=_paths(r"/(?P<rubric>[\w-]+)/(?P<id>\d+)"),
    ),
    Site(
        host="sputnik.by",
        source="sputnik.by",
        edition="sputnik-by",
        zone="Europe/Minsk",
        agency="Sputnik",
        paths=_ROSSIYA_PATHS,
    ),
    Site(
        host="reuters.com",
        source="reuters.com",
        edition="reuters",
        language="en",
        agency="Reuters",
        paths=_paths(
            r"/article/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/(?:[^/]*-)?id(?P<id>[A-Z]{1,6}\w+)",
            r"/article/(?:(?P<rubric>\w+)/)?(?:[^/]*-)?id(?P<id>[A-Z]{1,6}\w+)",
        ),
    ),
    # An aggregator: the rubric is its own, the article another house's, so no native id.
    Site("news.mail.ru", "news.mail.ru", paths=_paths(r"/(?P<rubric>[a-z]+)/\d+")),
)

AGENCIES: tuple[Agency, ...] = (
    Agency(("БЕЛТА", "БелТА", "BelTA", "BELTA", "БЕЛТа", "白通社"), "belta.by", "Europe/Minsk"),
    Agency(("ТАСС", "ИТАР-ТАСС", "塔斯社"), "tass.ru", "Europe/Moscow"),
    Agency(("TASS", "ITAR-TASS"), "tass.com", "Europe/Moscow"),
    Agency(
        ("РИА Новости", "РИА «Новости»", 'РИА "Новости"', "RIA Novosti", "俄新社"),
        "ria.ru",
        "Europe/Moscow",
    ),
    Agency(("ПРАЙМ", "Прайм"), "1prime.ru", "Europe/Moscow"),
    Agency(
        ("PrimePress", "ПраймПресс", "Prime Press", "ПРАЙМ-ТАСС", "Прайм-ТАСС"),
        "primepress.by",
        "Europe/Minsk",
    ),
    Agency(
        ("Интерфакс", "ИНТЕРФАКС", "INTERFAX.RU", "INTERFAX.COM", "INTERFAX", "Interfax"),
        "interfax.ru",
        "Europe/Moscow",
    ),
    Agency(("Интерфакс-Запад", "ИНТЕРФАКС-ЗАПАД", "Interfax-West"), "interfax.by", "Europe/Minsk"),
    Agency(
        ("Интерфакс-Украина", "Interfax-Ukraine", "Інтерфакс-Україна"),
        "interfax.com.ua",
        "Europe/Kyiv",
    ),
    Agency(("Sputnik", "SPUTNIK", "Спутник", "俄罗斯卫星通讯社"), "sputniknews.com"),
    Agency(("УНН", "UNN"), "unn.ua", "Europe/Kyiv"),
    Agency(
        ("Укринформ", "Укрінформ", "УКРИНФОРМ", "УКРІНФОРМ", "Ukrinform", "UKRINFORM"),
        "ukrinform.ua",
        "Europe/Kyiv",
    ),
    Agency(
        (
            "КАЗИНФОРМ",
            "Казинформ",
            "КазИнформ",
            "ҚазАқпарат",
            "KAZINFORM",
            "Kazinform",
            "QAZAQPARAT",
            "哈通社",
            "МИА «Казинформ»",
        ),
        "inform.kz",
        "Asia/Almaty",
    ),
    Agency(("Кабар", "КАБАР", "Kabar"), "kabar.kg", "Asia/Bishkek"),
    Agency(("МОЛДПРЕС", "Moldpres", "MOLDPRES"), "moldpres.md", "Europe/Chisinau"),
    Agency(("АПА", "APA"), "apa.az", "Asia/Baku"),
    Agency(("Тренд", "Trend"), "trend.az", "Asia/Baku"),
    Agency(("АЗЕРТАДЖ", "AZERTAC"), "azertag.az", "Asia/Baku"),
    Agency(("АРМЕНПРЕСС", "Арменпресс", "ARMENPRESS"), "armenpress.am", "Asia/Yerevan"),
    Agency(
        ("Синьхуа", "Сіньхуа", "Xinhua", "XINHUA", "新华社", "新華社"),
        "xinhuanet.com",
        "Asia/Shanghai",
    ),
    Agency(("Reuters", "REUTERS", "Reuter", "Рейтер", "Рейтерс", "路透社"), "reuters.com"),
    Agency(("AP", "Associated Press", "АП", "美联社"), "apnews.com"),
    Agency(("AFP", "АФП", "法新社"), "afp.com"),
    Agency(("UPI",), "upi.com"),
    Agency(("Интерфакс-Казахстан", "Interfax-Kazakhstan"), "interfax.kz", "Asia/Almaty"),
    Agency(("УзА", "UzA", "ЎзА"), "uza.uz", "Asia/Tashkent"),
    Agency(("Prensa Latina",), "prensa-latina.cu", "America/Havana"),
    Agency(("AGERPRES", "Agerpres"), "agerpres.ro", "Europe/Bucharest"),
    Agency(("Belga",), "belga.be", "Europe/Brussels"),
    Agency(("Lusa",), "lusa.pt", "Europe/Lisbon"),
    Agency(("dpa", "DPA", "dpa-AFX", "德新社"), "dpa.com", "Europe/Berlin"),
    Agency(("EFE", "Efe"), "efe.com", "Europe/Madrid"),
    Agency(("ANSA",), "ansa.it", "Europe/Rome"),
    Agency(("PAP", "ПАП"), "pap.pl", "Europe/Warsaw"),
    Agency(("CTK", "ČTK"), "ctk.cz", "Europe/Prague"),
    Agency(("TASR",), "tasr.sk", "Europe/Bratislava"),
    Agency(("MTI",), "mti.hu", "Europe/Budapest"),
    Agency(("BTA", "БТА"), "bta.bg", "Europe/Sofia"),
    Agency(("Hina", "HINA"), "hina.hr", "Europe/Zagreb"),
    Agency(("Tanjug", "Танјуг"), "tanjug.rs", "Europe/Belgrade"),
    Agency(("BNS", "БНС"), "bns.ee"),
    Agency(("ELTA",), "elta.lt", "Europe/Vilnius"),
    Agency(("LETA",), "leta.lv", "Europe/Riga"),
    Agency(("Kyodo",), "kyodonews.net", "Asia/Tokyo"),
    Agency(("Yonhap",), "yna.co.kr", "Asia/Seoul"),
    Agency(("Anadolu", "AA", "Анадолу"), "aa.com.tr", "Europe/Istanbul"),
    Agency(("IRNA",), "irna.ir", "Asia/Tehran"),
    Agency(("PTI",), "ptinews.com", "Asia/Kolkata"),
)

#: Houses that sign articles in the place of a person, as they write their names. They write no
#: datelines, so they are no agencies.
HOUSES: tuple[str, ...] = (
    "ABC News", "Al Jazeera", "ARD", "Associated Newspapers", "BBC", "BBC News", "Bild",
    "Bloomberg", "Bloomberg News", "Business Insider", "BuzzFeed News", "Capital", "CBS News",
    "CNBC", "CNN", "Corriere della Sera", "Daily Mail", "Daily Telegraph", "Der Spiegel",
    "Der Standard", "Deutsche Welle", "Deutschlandfunk", "Die Welt", "Die Zeit", "El Mundo",
    "El País", "Euronews", "Evening Standard", "Financial Times", "Focus Online", "Forbes",
    "Fox News", "France Info", "Frankfurter Allgemeine", "Frankfurter Allgemeine Zeitung",
    "Frankfurter Rundschau", "Gazeta Wyborcza", "Handelsblatt", "Huffington Post", "HuffPost",
    "Il Sole 24 Ore", "La Repubblica", "La Stampa", "La Vanguardia", "Le Figaro", "Le Monde",
    "Le Parisien", "Libération", "Los Angeles Times", "Manager Magazin", "NBC News",
    "Neue Zürcher Zeitung", "New York Times", "Ouest-France", "Press Association",
    "Radio Free Europe", "Rai News", "Rheinische Post", "Rzeczpospolita", "Sky News", "Spiegel",
    "Spiegel Online", "Süddeutsche Zeitung", "Tagesspiegel", "The Associated Press",
    "The Economist", "The Guardian", "The Independent", "The New York Times", "The Telegraph",
    "The Times", "The Wall Street Journal", "The Washington Post", "USA Today",
    "Wall Street Journal", "Washington Post", "Welt Online", "Wirtschaftswoche", "Zeit Online",
    "Аргументы и факты", "Белсат", "Ведомости", "Еврорадио", "Звязда", "Известия", "Коммерсант",
    "Коммерсантъ", "Комсомольская правда", "Независимая газета", "Радио Свобода",
    "Российская газета", "Русская служба Би-би-си", "Советская Белоруссия", "СБ. Беларусь сегодня",
)  # fmt: skip

#: Country domains with one clock, or whose news houses share the capital's clock.
COUNTRY_ZONES: dict[str, str] = {
    "am": "Asia/Yerevan", "at": "Europe/Vienna", "az": "Asia/Baku", "ba": "Europe/Sarajevo",
    "be": "Europe/Brussels", "bg": "Europe/Sofia", "by": "Europe/Minsk", "ch": "Europe/Zurich",
    "cn": "Asia/Shanghai", "cz": "Europe/Prague", "de": "Europe/Berlin", "dk": "Europe/Copenhagen",
    "ee": "Europe/Tallinn", "fi": "Europe/Helsinki", "fr": "Europe/Paris", "ge": "Asia/Tbilisi",
    "gr": "Europe/Athens", "hr": "Europe/Zagreb", "hu": "Europe/Budapest", "ie": "Europe/Dublin",
    "il": "Asia/Jerusalem", "in": "Asia/Kolkata", "ir": "Asia/Tehran", "is": "Atlantic/Reykjavik",
    "it": "Europe/Rome", "jp": "Asia/Tokyo", "kg": "Asia/Bishkek", "kr": "Asia/Seoul",
    "kz": "Asia/Almaty", "li": "Europe/Vaduz", "lt": "Europe/Vilnius", "lu": "Europe/Luxembourg",
    "lv": "Europe/Riga", "md": "Europe/Chisinau", "mk": "Europe/Skopje", "mt": "Europe/Malta",
    "nl": "Europe/Amsterdam", "no": "Europe/Oslo", "pl": "Europe/Warsaw", "ro": "Europe/Bucharest",
    "rs": "Europe/Belgrade", "ru": "Europe/Moscow", "se": "Europe/Stockholm",
    "si": "Europe/Ljubljana", "sk": "Europe/Bratislava", "tj": "Asia/Dushanbe",
    "tr": "Europe/Istanbul", "ua": "Europe/Kyiv", "uk": "Europe/London", "uz": "Asia/Tashkent",
    "xn--p1ai": "Europe/Moscow", "xn--90ais": "Europe/Minsk", "xn--j1amh": "Europe/Kyiv",
}  # fmt: skip


@cache
def _agencies_by_name() -> dict[str, Agency]:
    return {name.casefold(): agency for agency in AGENCIES for name in agency.names}


@cache
def _sites_by_host() -> dict[str, Site]:
    return {host: site for site in SITES for host in (site.host, *site.aliases)}


def find_agency(name: str) -> Agency | None:
    """The agency that signs with ``name``, in any case, or None.

    >>> find_agency("BelTA").host
    'belta.by'
    """
    return _agencies_by_name().get(" ".join(name.split()).casefold())


@cache
def _houses() -> frozenset[str]:
    return frozenset(name.casefold() for name in HOUSES)


def is_house(name: str) -> bool:
    """Whether ``name`` is that of an agency or of a house of the table, in any case.

    >>> is_house("Deutsche  Welle"), is_house("Ann Lee")
    (True, False)
    """
    name = " ".join(name.split()).casefold()
    return name in _agencies_by_name() or name in _houses()


def find_site(host: str) -> Site | None:
    """The site of a lower-case host without ``www.``, or None.

    >>> find_site("eng.belta.by").edition
    'belta-en'
    """
    return _sites_by_host().get(host)


def zone_of_agency(name: str | None) -> str | None:
    """The IANA zone of an agency's clock, None when unknown or when it has many.

    >>> zone_of_agency("БЕЛТА"), zone_of_agency("Reuters")
    ('Europe/Minsk', None)
    """
    agency = find_agency(name) if name else None
    return agency.zone if agency else None


def zone_of_host(host: str | None) -> str | None:
    """The zone that a host's country domain suggests: an inference, to be marked as one.

    >>> zone_of_host("news.21.by"), zone_of_host("example.com")
    ('Europe/Minsk', None)
    """
    return COUNTRY_ZONES.get(host.rpartition(".")[2].lower()) if host else None
