"""How to cite a release (CITATION.cff, BibTeX in the card) and one article of it.

One article can be cited as BibTeX, RIS or CSL-JSON, from what its record says: nothing is looked
up, no day of access is made up, and a name is never cut into given name and surname.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from newsdata.exporters.licences import licence
from newsdata.exporters.plan import About, Described

#: Version of the Citation File Format (citation-file-format.github.io).
CFF = "1.2.0"


def creators(about: About) -> list[str]:
    """The names of who made a dataset.

    >>> creators(About(creator="Ada Fable; Institute of Tales"))
    ['Ada Fable', 'Institute of Tales']
    """
    return [name.strip() for name in (about.creator or "").split(";") if name.strip()]


def citation_file(release: Described) -> bytes:
    """CITATION.cff of a release.

    The format demands an author; where the keeper named none, it says so in that place.
    """
    import yaml

    about = release.about
    document: dict[str, Any] = {
        "cff-version": CFF,
        "message": "If you use this dataset, please cite it as below.",
        "type": "dataset",
        "title": release.name,
        "version": release.version,
        "date-released": release.date,
        "authors": [{"name": name} for name in creators(about) or [f"Makers of {release.name}"]],
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{release.content_hash}",
                "description": "content hash of the rows of this release",
            }
        ],
    }
    if about.summary:
        document["abstract"] = about.summary
    found = licence(about)
    if found is not None and found.spdx:
        document["license"] = found.spdx
    elif found is not None and _is_address(found.url):
        document["license-url"] = found.url
    if _is_address(about.url):
        document["url"] = about.url
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=96)
    return text.encode()


def _is_address(text: str | None) -> bool:
    return bool(text and re.fullmatch(r"(https?|s?ftp)://\S+", text))


def bibtex_of(release: Described) -> str:
    """The release as a BibTeX entry."""
    name = "".join(c for c in release.name.lower() if c.isascii() and c.isalnum()) or "dataset"
    fields = {
        "author": " and ".join(f"{{{_latex(one)}}}" for one in creators(release.about)),
        "title": f"{{{_latex(release.name)}}}",
        "version": release.version,
        "year": release.date[:4],
        "publisher": _latex(release.about.publisher or ""),
        "url": _address(release.about.url),
        "note": f"content hash sha256:{release.content_hash}",
    }
    return _entry("misc", f"{name}_{release.version.replace('.', '_')}", fields)


# -- one article --------------------------------------------------------------------------------


def cite(record: Mapping[str, Any], style: str) -> str:
    """One article in a style of :data:`STYLES`, from its record.

    >>> print(cite({"id": "a:1", "title": "A 5 % rise", "author": ["Ada Fable"],
    ...             "local_date": "2024-05-31", "source": "news.example"}, "bibtex"))
    @misc{a_1,
      author = {{Ada Fable}},
      title = {{A 5 \\% rise}},
      howpublished = {news.example},
      year = {2024},
      month = {5},
      day = {31},
      note = {newsdata id a:1}
    }
    """
    return STYLES[style](record)


def _day(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Year, month and day of publication, where they are known, as the publisher counts days."""
    text = str(record.get("local_date") or record.get("timestamp") or "")
    found = re.match(r"(-?\d{4,})-(\d\d)-(\d\d)", text)
    return (found[1], found[2], found[3]) if found else None


def _authors(record: Mapping[str, Any]) -> list[str]:
    """Persons, else the agency."""
    persons = [name for name in record.get("author") or [] if _line(name)]
    agency = record.get("agency")
    return persons or ([agency] if agency else [])


def _bibtex(record: Mapping[str, Any]) -> str:
    year, month, day = _day(record) or ("", "", "")
    fields = {
        "author": " and ".join(f"{{{_latex(name)}}}" for name in _authors(record)),
        "title": f"{{{_latex(record.get('title') or '')}}}",
        "howpublished": _latex(record.get("source") or ""),
        "year": year,
        "month": month.lstrip("0"),
        "day": day.lstrip("0"),
        "url": _address(record.get("url")),
        "language": _latex(record.get("language") or ""),
        "note": _latex(f"newsdata id {record.get('id')}"),
    }
    return _entry("misc", _key(str(record.get("id"))), fields)


def _key(id_: str) -> str:
    """A name that every BibTeX takes. Where it lacks letters of the id, what is left may be that
    of other articles too: then a part of the id's hash follows.

    >>> _key("belta-ru:572564"), _key("x:ё"), _key("x:é")
    ('belta_ru_572564', 'x_d6fdc6ca', 'x_2a4d20d3')
    """
    found = re.sub(r"[^A-Za-z0-9]+", "_", id_).strip("_")
    if re.fullmatch(r"[!-~]+", id_) and found:
        return found
    return f"{found or 'article'}_{hashlib.sha256(id_.encode()).hexdigest()[:8]}"


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"


#: What LaTeX takes for a command.
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", **{c: f"\\{c}" for c in "#$%&_"},
}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in _line(text))


def _line(text: Any) -> str:
    """A value in one line, without control characters."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", str(text)).split())


def _address(url: Any) -> str:
    """An address inside braces; what would open or close one is percent-encoded."""
    return str(url or "").replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _ris(record: Mapping[str, Any]) -> str:
    day = _day(record)
    lines = [("TY", "NEWS"), ("ID", record.get("id"))]
    lines += [("AU", name) for name in _authors(record)]
    lines += [("TI", record.get("title")), ("T2", record.get("source"))]
    if day is not None:
        lines += [("PY", day[0]), ("DA", "/".join(day))]
    lines += [("PB", record.get("agency")), ("SE", record.get("rubric"))]
    lines += [("LA", record.get("language")), ("UR", record.get("url"))]
    lines += [("KW", tag) for tag in record.get("tags") or []]
    text = [f"{tag}  - {_line(value)}" for tag, value in lines if value]
    return "\n".join([*text, "ER  - "])


def _csl(record: Mapping[str, Any]) -> str:
    """CSL-JSON 1.0: a list of one item."""
    day = _day(record)
    item = {
        "id": record.get("id"),
        "type": "article-newspaper",
        "title": record.get("title"),
        "author": [{"literal": name} for name in _authors(record)],
        "container-title": record.get("source"),
        "publisher": record.get("agency"),
        "section": record.get("rubric"),
        "issued": {"date-parts": [[int(part) for part in day]]} if day else None,
        "language": record.get("language"),
        "URL": record.get("url"),
    }
    known = {key: value for key, value in item.items() if value}
    return json.dumps([known], ensure_ascii=False, indent=2)


#: Name of a style -> what writes it.
STYLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "bibtex": _bibtex,
    "ris": _ris,
    "csl": _csl,
}
