"""Rubrics: the words BelTA prints and the slugs of its addresses, as data.

A rubric that is not here is kept as printed; nothing is translated into a record, because a
value that is not on the page stays null. The table serves to recognise a rubric's line.
"""

from __future__ import annotations

from functools import cache

#: slug -> language -> words printed for it, the present one first.
RUBRICS: dict[str, dict[str, tuple[str, ...]]] = {
    "president": {
        "ru": ("Президент",), "be": ("Прэзідэнт",), "en": ("President",), "de": ("Präsident",),
        "es": ("Presidente",), "pl": ("Prezydent",), "zh": ("总统",),
    },
    "politics": {
        "ru": ("Политика",), "be": ("Палітыка",), "en": ("Politics",), "de": ("Politik",),
        "es": ("Política",), "pl": ("Polityka",), "zh": ("政治",),
    },
    "economics": {
        "ru": ("Экономика",), "be": ("Эканоміка",), "en": ("Economy", "Economics"),
        "de": ("Wirtschaft",), "es": ("Economía",),
        "pl": ("Gospodarka", "Ekonomia"), "zh": ("经济",),
    },
    "society": {
        "ru": ("Общество",), "be": ("Грамадства",), "en": ("Society",), "de": ("Gesellschaft",),
        "es": ("Sociedad",), "pl": ("Społeczeństwo",), "zh": ("社会",),
    },
    "regions": {
        "ru": ("Регионы", "В регионах"), "be": ("Рэгіёны",), "en": ("Regions",),
        "de": ("Regionen",), "es": ("Regiones",), "pl": ("Regiony",),
    },
    "incident": {
        "ru": ("Происшествия",), "be": ("Здарэнні", "Надзвычайныя здарэнні"), "en": ("Incidents",),
        "pl": ("Wypadki",),
    },
    "tech": {
        "ru": ("Технологии", "Наука и технологии", "Hi-Tech", "Наука"), "be": ("Тэхналогіі",),
        "en": ("Sci-Tech", "Science and technology", "Technology"),
    },
    "world": {
        "ru": ("В мире",), "be": ("У свеце",), "en": ("World",), "de": ("Welt",),
        "es": ("Mundo", "En el mundo"), "pl": ("Świat", "Na świecie"), "zh": ("国际",),
    },
    "culture": {
        "ru": ("Культура",), "be": ("Культура",), "en": ("Culture",), "de": ("Kultur",),
        "es": ("Cultura",), "pl": ("Kultura",), "zh": ("文化",),
    },
    "sport": {
        "ru": ("Спорт",), "be": ("Спорт",), "en": ("Sport", "Sports"), "de": ("Sport",),
        "es": ("Deporte", "Deportes"), "pl": ("Sport",), "zh": ("体育",),
    },
    "kaleidoscope": {"ru": ("Калейдоскоп",), "be": ("Калейдаскоп",), "en": ("Kaleidoscope",)},
    "events": {"ru": ("События", "Анонсы"), "be": ("Падзеі",), "en": ("Events",)},
    "photonews": {"ru": ("Фоторепортажи", "Фото", "Фотоновости"), "be": ("Фотарэпартажы",)},
    "video": {"ru": ("Видео",), "be": ("Відэа",), "en": ("Video",)},
    "comments": {"ru": ("Комментарии", "Мнения"), "be": ("Каментарыі",)},
    "interview": {"ru": ("Интервью",), "be": ("Інтэрв'ю",), "en": ("Interview",)},
}  # fmt: skip


@cache
def _slugs() -> dict[str, str]:
    return {
        word.casefold(): slug
        for slug, languages in RUBRICS.items()
        for words in languages.values()
        for word in words
    }


def slug_of_rubric(printed: str) -> str | None:
    """The slug that BelTA's addresses use for a printed rubric, None for an unknown one.

    >>> slug_of_rubric("В мире"), slug_of_rubric("Ветер перемен")
    ('world', None)
    """
    return _slugs().get(" ".join(printed.split()).casefold())
