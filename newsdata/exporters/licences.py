"""Licences of datasets: the identifier of the Hub, that of SPDX, the name and the text.

The texts in ``licences/`` are those of the SPDX list, word for word. A licence that is not among
them is named with its link; its text is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsdata.exporters.plan import About

_FOLDER = Path(__file__).with_name("licences")
_CC = "https://creativecommons.org/licenses/"
_ODC = "https://opendatacommons.org/licenses/"


@dataclass(frozen=True, slots=True)
class Licence:
    """``spdx`` is None for a licence that is not among the known ones; ``url`` may be too."""

    name: str
    spdx: str | None = None
    url: str | None = None

    @property
    def text(self) -> str | None:
        """The whole text, where newsdata has it."""
        if self.spdx is None:
            return None
        return (_FOLDER / f"{self.spdx}.txt").read_text("utf-8")


#: Identifier of the Hub -> licence, for those made for data or texts.
KNOWN: dict[str, Licence] = {
    "cc0-1.0": Licence(
        "Creative Commons Zero 1.0 Universal",
        "CC0-1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    "cc-by-4.0": Licence(
        "Creative Commons Attribution 4.0 International", "CC-BY-4.0", f"{_CC}by/4.0/"
    ),
    "cc-by-sa-4.0": Licence(
        "Creative Commons Attribution-ShareAlike 4.0 International",
        "CC-BY-SA-4.0",
        f"{_CC}by-sa/4.0/",
    ),
    "cc-by-nd-4.0": Licence(
        "Creative Commons Attribution-NoDerivatives 4.0 International",
        "CC-BY-ND-4.0",
        f"{_CC}by-nd/4.0/",
    ),
    "cc-by-nc-4.0": Licence(
        "Creative Commons Attribution-NonCommercial 4.0 International",
        "CC-BY-NC-4.0",
        f"{_CC}by-nc/4.0/",
    ),
    "cc-by-nc-sa-4.0": Licence(
        "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
        "CC-BY-NC-SA-4.0",
        f"{_CC}by-nc-sa/4.0/",
    ),
    "cc-by-nc-nd-4.0": Licence(
        "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International",
        "CC-BY-NC-ND-4.0",
        f"{_CC}by-nc-nd/4.0/",
    ),
    "odc-by": Licence("Open Data Commons Attribution License 1.0", "ODC-By-1.0", f"{_ODC}by/1-0/"),
    "odbl": Licence("Open Data Commons Open Database License 1.0", "ODbL-1.0", f"{_ODC}odbl/1-0/"),
    "pddl": Licence(
        "Open Data Commons Public Domain Dedication and License 1.0",
        "PDDL-1.0",
        f"{_ODC}pddl/1-0/",
    ),
}


def licence(about: About) -> Licence | None:
    """The licence that a keeper names; None where none is named."""
    known = KNOWN.get(about.license.lower())
    if known is not None:
        return Licence(
            about.license_name or known.name, known.spdx, about.license_link or known.url
        )
    name = about.license_name or (None if about.license == "other" else about.license)
    if name is None and about.license_link is None:
        return None
    return Licence(name or str(about.license_link), None, about.license_link)


def licence_file(about: About, name: str) -> bytes:
    """LICENSE of a release of the dataset ``name``."""
    found = licence(about)
    if found is None:
        text = (
            f"No licence is stated for the dataset {name!r}.\n\nWithout one nobody is given any "
            "right to copy, change or pass on what is in it.\n"
        )
    elif found.text is not None:
        text = f"{found.name}\n{found.url}\n\n{found.text}"
    else:
        where = f"\nIts text: {found.url}\n" if found.url else ""
        text = f"The dataset {name!r} is under this licence: {found.name}\n{where}"
    rights = (
        "\nThe articles remain the works of their authors and publishers. sources.csv says which "
        "signals about rights were found at each source; no signal is unknown, never allowed.\n"
    )
    return (text.rstrip("\n") + "\n" + ("" if found and found.text else rights)).encode()
