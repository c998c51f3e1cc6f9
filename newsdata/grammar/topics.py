"""IPTC Media Topics of rubrics, where sure. Pure; the table is data that users extend.

Left out on purpose: ``Общество``, ``Регионы``, ``В мире``, ``Президент`` and the like hold news of
any topic, ``Происшествия`` crimes and accidents alike. What is not in the table has no topic.
Codes: IPTC NewsCodes, Media Topics (CC-BY-4.0), top level.
"""

from __future__ import annotations

from functools import cache

#: Code -> words printed for such a rubric, and slugs of addresses.
TOPICS: dict[str, tuple[str, ...]] = {
    "medtop:01000000": (  # arts, culture, entertainment and media
        "culture", "культура", "kultur", "cultura", "kultura", "文化", "arts", "kultura i sztuka",
        "культура и искусство", "мәдениет", "feuilleton", "arts & culture", "arts and culture",
    ),
    "medtop:02000000": (  # crime, law and justice
        "crime", "криминал", "крымінал", "кримінал", "justice", "crime and justice",
    ),
    "medtop:04000000": (  # economy, business and finance
        "economics", "economy", "экономика", "эканоміка", "економіка", "wirtschaft", "economía",
        "gospodarka", "ekonomia", "经济", "business", "бизнес", "finance", "финансы", "économie",
        "экономика и бизнес", "economia", "икономика", "экономика и финансы", "ekonomika",
        "business & economy", "ekonomie", "бізнес", "эканомiка",
    ),
    "medtop:05000000": (  # education
        "education", "образование", "адукацыя", "освіта", "bildung", "educación", "edukacja",
        "білім",
    ),
    "medtop:06000000": (  # environment
        "environment", "экология", "экалогія", "екологія", "umwelt", "medio ambiente", "ekologia",
        "environnement",
    ),
    "medtop:07000000": (  # health
        "health", "здоровье", "здароўе", "здоров'я", "gesundheit", "salud", "zdrowie", "santé",
        "медицина", "медыцына", "денсаулық",
    ),
    "medtop:11000000": (  # politics and government
        "politics", "политика", "палітыка", "політика", "politik", "política", "polityka", "政治",
        "politique", "politica", "саясат",
    ),
    "medtop:12000000": ("religion", "религия", "рэлігія", "релігія", "religión", "religia"),
    "medtop:13000000": (  # science and technology
        "tech", "технологии", "наука и технологии", "наука", "тэхналогіі", "навука", "hi-tech",
        "sci-tech", "science and technology", "science", "technology", "wissenschaft", "technik",
        "ciencia", "tecnología", "nauka", "technologie", "наука и техника", "технології",
    ),
    "medtop:15000000": (  # sport
        "sport", "sports", "спорт", "deporte", "deportes", "体育", "desporto",
    ),
    "medtop:17000000": (  # weather
        "weather", "погода", "надвор'е", "wetter", "pogoda", "el tiempo", "météo", "ауа райы",
    ),
}  # fmt: skip


def folded(rubric: str) -> str:
    """A rubric as the table compares it: one line, no case, one apostrophe.

    >>> folded(" Наука  и технологии ")
    'наука и технологии'
    """
    return " ".join(rubric.split()).casefold().replace("’", "'")


@cache
def _codes() -> dict[str, str]:
    return {folded(word): code for code, words in TOPICS.items() for word in words}


def topic_of_rubric(rubric: str | None, slug: str | None = None) -> str | None:
    """The Media Topic of a printed rubric, else of the rubric in an address; None where unsure.

    >>> topic_of_rubric("Политика"), topic_of_rubric("Общество"), topic_of_rubric(None, "sport")
    ('medtop:11000000', None, 'medtop:15000000')
    """
    if rubric:
        return _codes().get(folded(rubric))
    return _codes().get(folded(slug)) if slug else None
