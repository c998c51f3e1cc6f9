"""Names of months, days of the week and near days, as data, in the languages of our pages."""

from __future__ import annotations

from functools import lru_cache

from newsdata.text import word_set

_FULL: dict[str, tuple[str, ...]] = {
    "ru": (
        "январь января янв", "февраль февраля фев февр", "март марта мар", "апрель апреля апр",
        "май мая", "июнь июня июн", "июль июля июл", "август августа авг",
        "сентябрь сентября сен сент", "октябрь октября окт", "ноябрь ноября ноя нояб",
        "декабрь декабря дек",
    ),
    "be": (
        "студзень студзеня студ", "люты лютага лют", "сакавік сакавіка сак",
        "красавік красавіка крас", "май мая травень траўня", "чэрвень чэрвеня чэр чэрв",
        "ліпень ліпеня ліп", "жнівень жніўня жн", "верасень верасня вер",
        "кастрычнік кастрычніка кас каст", "лістапад лістапада ліс ліст", "снежань снежня снеж",
    ),
    "uk": (
        "січень січня січ", "лютий лютого лют", "березень березня бер", "квітень квітня квіт",
        "травень травня трав", "червень червня черв", "липень липня лип", "серпень серпня серп",
        "вересень вересня вер", "жовтень жовтня жовт", "листопад листопада лист",
        "грудень грудня груд",
    ),
    "pl": (
        "styczeń stycznia sty", "luty lutego lut", "marzec marca mar", "kwiecień kwietnia kwi",
        "maj maja", "czerwiec czerwca cze", "lipiec lipca lip", "sierpień sierpnia sie",
        "wrzesień września wrz", "październik października paź", "listopad listopada lis",
        "grudzień grudnia gru",
    ),
    "de": (
        "januar jänner jan", "februar feber feb", "märz mär mrz", "april apr", "mai",
        "juni jun", "juli jul", "august aug", "september sep sept", "oktober okt",
        "november nov", "dezember dez",
    ),
    "es": (
        "enero ene", "febrero feb", "marzo mar", "abril abr", "mayo may", "junio jun",
        "julio jul", "agosto ago", "septiembre setiembre sep sept", "octubre oct",
        "noviembre nov", "diciembre dic",
    ),
    "fr": (
        "janvier janv", "février fevrier févr fév", "mars", "avril avr", "mai", "juin",
        "juillet juil", "août aout", "septembre sept", "octobre oct", "novembre nov",
        "décembre decembre déc",
    ),
    "en": (
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
        "august aug", "september sep sept", "october oct", "november nov", "december dec",
    ),
    "it": (
        "gennaio gen", "febbraio", "marzo", "aprile", "maggio mag", "giugno giu", "luglio lug",
        "agosto", "settembre set", "ottobre ott", "novembre", "dicembre",
    ),
    "pt": (
        "janeiro", "fevereiro fev", "março", "abril", "maio", "junho", "julho", "agosto",
        "setembro", "outubro out", "novembro", "dezembro",
    ),
    "hr": (
        "siječnja siječanj", "veljače veljača", "ožujka ožujak", "travnja travanj",
        "svibnja svibanj", "lipnja lipanj", "srpnja srpanj", "kolovoza kolovoz", "rujna rujan",
        "listopada listopad", "studenoga studenog studeni", "prosinca prosinac",
    ),
    "cs": (
        "ledna leden", "února únor", "března březen", "dubna duben", "května květen",
        "června červen", "července červenec", "srpna srpen", "září", "října říjen",
        "listopadu", "prosince prosinec",
    ),
    "kk": (
        "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек",
        "қазан", "қараша", "желтоқсан",
    ),
    "zh": (
        "一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月",
        "十二月",
    ),
}  # fmt: skip


def _months(language: str) -> dict[str, int]:
    return {
        word: number for number, words in enumerate(_FULL[language], 1) for word in words.split()
    }


#: language -> word -> month. The languages in the order in which an unmarked word is tried:
#: Polish ``listopada`` (November) comes before Croatian (October).
MONTHS_BY_LANGUAGE: dict[str, dict[str, int]] = {language: _months(language) for language in _FULL}
MONTHS: dict[str, int] = {
    word: number
    for language in reversed(MONTHS_BY_LANGUAGE)
    for word, number in MONTHS_BY_LANGUAGE[language].items()
}

#: Words that may stand in a printed time and say nothing more: days of the week and fillers.
WEEKDAYS = word_set(
    "понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн"
    " вт ср чт пт сб вс панядзелак аўторак серада сераду чацвер пятніца пятніцу субота суботу"
    " нядзеля нядзелю понеділок вівторок середа середу п'ятниця неділя poniedziałek wtorek"
    " środa środę czwartek piątek sobota sobotę niedziela niedzielę pon wt śr czw pt sob niedz"
    " nd montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr"
    " sa so lunes martes miércoles jueves viernes sábado domingo lun mié jue vie sáb dom lundi"
    " mardi mercredi jeudi vendredi samedi dimanche mer jeu ven sam dim mar monday tuesday"
    " wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
    " lunedì martedì mercoledì giovedì venerdì sabato domenica ponedjeljak utorak srijeda"
    " četvrtak petak subota nedjelja 星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天"
    " 周一 周二 周三 周四 周五 周六 周日 дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі"
)
FILLERS = word_set(
    "г год года году гг р рік року годзе в у ў а о об от at on um den der de del la las los"
    " le el à o the of uhr hrs h godz godzina godzinie roku rok r dnia dn opublikowano"
    " опубликовано опубликован опубликована дата время обновлено изменено апублікавана"
    " опубліковано published updated posted date last modified first publication"
    " veröffentlicht stand erstellt aktualisiert publicado actualizado publié mis jour по"
    " времени минску москве минскому московскому местному time local жыл жылғы жылы"
)
TODAY = word_set(
    "сегодня сёння сьогодні today heute hoy dzisiaj dziś aujourd'hui aujourd’hui oggi 今天 今日"
    " danas бүгін"
)
YESTERDAY = word_set(
    "вчера учора ўчора вчора yesterday gestern ayer wczoraj hier ieri 昨天 昨日 jučer кеше"
)


@lru_cache(maxsize=4096)
def month_number(word: str, language: str | None = None) -> int | None:
    """The month (1 to 12) a word names in any case, with or without a final dot.

    ``language`` decides for the few words that differ between languages.

    >>> month_number("июня"), month_number("Dez."), month_number("listopada", "hr")
    (6, 12, 10)
    """
    word = word.casefold().rstrip(".")
    own = MONTHS_BY_LANGUAGE.get(language or "", {})
    return own.get(word) or MONTHS.get(word)
