"""Function words by language, for Gopher's test that a text is running prose.

English has the eight words of the paper (Rae et al. 2021, appendix A1.1): at least two must occur.
For the other languages these are among the most frequent function words of any corpus; a language
without a list has no such signal.
"""

from __future__ import annotations

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "ar": "في من على إلى أن عن مع هذا التي الذي",
        "be": "і ў у на не з са да за па што як гэта для аб ад",
        "bg": "и в на да се за от не с че по е това",
        "cs": "a v se na je že s z do o to i",
        "de": "der die und in das zu den mit von für auf ist nicht ein",
        "en": "the be to of and that have with",
        "es": "de la que el en y a los se del las un por con",
        "fr": "de la le et les des en un du une que est pour dans",
        "hr": "i u je na se za da su od s o ne",
        "it": "di e il la che in a per un è con del non",
        "kk": "және мен бен үшін бұл деп туралы болды да де бойынша осы",
        "lt": "ir į kad iš su už bei tai apie nuo per",
        "nl": "de het een en van in is op te dat met voor",
        "pl": "w i na z do nie się o że to jest po od",
        "pt": "de a o que e do da em um para com não os",
        "ro": "și de în a la cu pe din care că o un",
        "ru": "и в не на что с по для от из о это как за",
        "sr": "и у је на се за да су од о i u je na se za da su od",
        "tr": "ve bir bu için ile da de olarak daha gibi olan",
        "uk": "і в у на не що з та до за про від для як це",
    }.items()
}
