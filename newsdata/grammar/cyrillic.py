"""Which Cyrillic language a short text is in, by letters it may not use and endings. Pure.

A letter that a language does not have counts against it, a word form that only one of the news
languages has counts for it. Long texts are decided before (``languages``): this serves titles,
where the libraries tried take Ukrainian for Russian and Russian for Bulgarian.
"""

from __future__ import annotations

import re

#: Letters that the spelling of each language does not know; ``ь`` is Bulgarian only before о.
_FOREIGN: dict[str, re.Pattern[str]] = {
    "ru": re.compile(r"[іїєґў]|(?<=[а-я])['’](?=[а-яєї])|[жш]ы|ч[ыэ]|вю|\bбез[кпстфхцчшщ]"),
    "be": re.compile("[ищъїєґ]|[жшчр]ь"),
    "uk": re.compile("[ыэёъў]|и[яюеи]"),
    "bg": re.compile("[ыэёіїєґў]|ь(?!о)|(?<=[а-я])['’](?=[а-я])"),
    "kk": re.compile("[їєґўъщёць'’]|[бгджзклмнпрстхчш]{3}"),
}
_LETTER_WEIGHT = 2.0

# Words that decide: what two of the four share is left out.
_WORDS: dict[str, str] = {
    "ru": "что чтобы как его ее это для или из об обо во со после уже еще лет был была было были"
    " только года году годов этом этого над между где когда кто они их они",
    "be": "гэта гэтым гэтага што дзе калі каб як яны яго пра ад са пасля сёння ўжо яшчэ праз"
    " паміж быў годзе гадоў толькі з ці",
    "uk": "що як та це цього цьому де коли щоб про із зі від після вже ще був року років й лише"
    " між також буде його її чи з",
    "bg": "от се си го са ще да е със във към през след като беше бяха най къде кога която който"
    " което които няма има това тази този така какво защо"
    " кмет кмета хора днес утре година години лв лева души двама трима четирима нов нови ранени",
    "kk": "мен бен пен және үшін туралы бойынша бар жоқ деп бір екі үш бұл осы жаңа тағы дейін",
}
_FUNCTION: dict[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _WORDS.items()
}
_WORD_WEIGHT = 1.0

#: Endings and clusters -> weight of one occurrence.
_FORMS: dict[str, tuple[tuple[re.Pattern[str], float], ...]] = {
    language: tuple((re.compile(pattern), weight) for pattern, weight in forms)
    for language, forms in {
        "ru": (
            (
                r"(?:(?<!е)ться|тся|лся|лись|лась|ие|ии|ию|ием|иях|ями|ый|ой|ая|ое|ую|юю|ого|его|ых)\b",
                1.0,
            ),
            (r"[^\W\d_]{2}(?:ов|ом|ем|ах|ам|ами|ей|ью|ть|ет|ют|ут)\b", 0.6),
            (r"[^\W\d_]{3}[бвгджзклмнпрстфхцчшщ](?:у|ю|е)\b", 0.3),
            (r"жи|ши|щ|ъе|ье|ьи|[^\W\d_]{3}(?:[аияе]л|ала|ила|ало)\b", 0.3),
        ),
        "be": (
            (r"ц[ьёюяе]|цца|дз|[чжш]ы|шч", 1.5),
            (r"[бвдзлмнпрст]э", 1.0),
            (r"(?:ае|уе|яе|юць|аць|яць|ець|ыць|ага|аму|амі|ымі|ым|ых|аў|оў|еў)\b", 0.8),
            (r"йш|[бвмпф]я|\bада?[бвзклмнпрст]", 0.5),
            (r"\A(?=[^и]*\Z).*і", 1.0),
            # о stands under the stress only
            (r"о[^\W\d_]*о|(?<=[^\W\d_]{2})[бвгджзкмнпрст]о\b", -1.0),
        ),
        "uk": (
            (r"цьк|ськ|ць|ц[яю]|йо|ьо|увал|ював|ував", 1.5),
            (
                r"(?:ити|ати|ути|яти|еться|ються|ани|они|ували|лися|вся|ння|ття|[бвдзлмпртс]ий)\b",
                1.2,
            ),
            (r"(?<=[^\W\d_])(?:ив|ав|ював|их|ими|ого|ому|ої|ів|ій)\b", 0.5),
            (r"\bу [^\W\d_]+у\b", 1.5),
            (r"[бвдзпртсм]и\b|[ео]ри\b|\bви[бвгджзклмнпрстх]", 0.4),
            (r"йш|(?<=[^\W\d_]{2})[оеє]ю\b", 0.8),
        ),
        "bg": (
            (r"[бвгджзклмнпрстфхцчшщ]ъ[бвгджзклмнпрстфхцчшщ]", 2.0),
            (r"(?:ата|ята|ото|[^\W\d_]{3}ето|ите|ът|ят|ища|иха|аха|яха|ият)\b", 1.2),
            (r"(?<=[^\W\d_]{3})(?:ове|еве)\b|(?<=[^\W\d_]{2})[кс]ки\b|\bбез[кпстфхцчшщ]", 0.8),
            (r"[^\W\d_]{2}(?:ност|ността)\b", 1.0),
            (r"(?<=[^\W\d_]{3})(?:ува|ява|ира|ни|ват)\b", 0.2),
        ),
        "kk": (
            (r"[әғқңұһ]", 2.0),
            (
                r"(?:[лдт]ер|[лдт]ар|ді|ті|лды|лді|ның|нің|дың|дің|тың|тің|тен|ден|нан|дан|ге|ке)\b",
                0.7,
            ),
            (r"(?:ып|іп|ған|ген|кен|сыз|сіз|шы|ші|сы|сі|ым|ім|ын|ін)\b", 0.4),
        ),
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

LANGUAGES = tuple(_FOREIGN)
#: Most of the news that nothing else decides is Russian.
_PRIOR = {"ru": 0.4}


def score(text: str) -> dict[str, float]:
    """How much speaks for each of :data:`LANGUAGES`; ``text`` is in lower case.

    >>> found = score("трамвай зійшов з рейок")
    >>> max(found, key=found.get)
    'uk'
    """
    words = _WORD.findall(text)
    return {
        language: _PRIOR.get(language, 0.0)
        - _LETTER_WEIGHT * len(_FOREIGN[language].findall(text))
        + _WORD_WEIGHT * sum(word in _FUNCTION[language] for word in words)
        + sum(weight * len(pattern.findall(text)) for pattern, weight in _FORMS[language])
        for language in LANGUAGES
    }


# -- Belarusian in Taraškievica ------------------------------------------------------------------

# Soft consonants before soft ones, which the official spelling of 1933 leaves unmarked. Left out
# is what both write: восьмы, пісьмо, просьба, касьба, разьба, Кузьма, ледзьве.
_SOFT = re.compile(
    r"сь[влнцпсд]|зь[еёяю]|зь(?:[внлдзг]|б(?<!разьб))|(?<!ле)дзьв|дзьдз|[цт]ьв|ньн|льл|цьц|ць[смн]"
    r"|(?<=[бдгжзкмнпстўвёяіаеоуыэю])зьм(?!а\b|іч|ін)|зьмен|зьмяшч|зьме[сн]|зьмя|сьмя|сьме[рл]|сьмі"
    r"|\b(?:зь|бязь|празь|безь|ня|бяз)\b"
)
# Loan words as they are written there: плян, клюб, газэта, Эўропа.
_LOANS = re.compile(
    r"\b(?:"
    r"плян|клюб|кляс|блякад|ляўрэат|дыплям|дэкляр|рэклям|праклям|эўра|эўро|расе[яійю]"
    r"|расейск|менск|лёнд|амэр|музэ|газэт|сыстэм|фэстыв|прэзыд|парлям|дакумэн|экспэрт"
    r"|міністар|філязо|сымбал|тэатар|опэр|мэдыц|мэтад|тэмпэр|сытуац|пазыц|дысыд|сымпат"
    r"|сэзон|сэкрэт|сэмінар|сэнат|сэсі|сэрыял|сэкт|рэфэр|пэнс|канфэр"
    r"|лябар|валянт|спэцыял|дэпартамэн|інтэрвію|унівэрс|пэрспэкт|камэнт|камэр|бэнз|бэнг"
    r"|балянс|кансэрв|пэрс|сэрвэр|сэрб|цэнтар|сацыялягі|біялягі|экалягі|тэхналягі|калёг"
    r"|ідэалёгі|псыхалёг|экалёгі|біялёгі|опазыц|апазыц|палітвязьн"
    r"|лётнішч|сыноптык|сынтэз|сынод|пасыў|актыўнасьц|псыхал|псыхія"
    r")"
)


# After these letters the official spelling has е in loan words, but for the words named; names of
# people keep э in both, so only words in small letters count.
_HARD = re.compile(
    r"\b(?!мэр|мэт[аыуе]|мэбл|пэўн|бэз|бэльк|бэсц|вэндж|вэлюм|інтэрнэт|тунэл|панэл|пэндз|пэнз|нэнд)"
    r"[а-яёіў]*[бвзмнпф]э(?=[а-яёіў])"
)


def is_taraskievica(text: str) -> bool:
    """Whether Belarusian text is in the spelling of Taraškievič.

    >>> is_taraskievica("сьнег і моцны вецер"), is_taraskievica("восьмы раман пісьменніка")
    (True, False)
    """
    small = text.lower()
    found = len(_SOFT.findall(small)) + len(_LOANS.findall(small)) + len(_HARD.findall(text))
    # A text quotes a name or two in the other spelling; a title has no room for that.
    return found >= 1 + len(text) // 250
