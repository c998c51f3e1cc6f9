"""How well records agree with gold pages: per field, per corpus and per language.

Shapes: a *reading* is what one extractor says of one page, a dict with ``title`` (str),
``titles`` (every displayed variant), ``authors``, ``houses`` (bylines that name no person),
``date`` (ISO 8601 or None), ``topics``, ``text`` (standfirst and body), ``captions``,
``credits`` (lists of str) and ``rubric``. A *gold page* has the same keys, None where the gold
is silent. Scores are between 0 and 1.

Title, time and rubric are shares of pages. Lists are scored by F1 over all pages together
(micro), text by the mean of the pages' F1: words as a bag on fundus, shingles of four words on
scrapinghub, as its own benchmark has it; a standfirst that a reading keeps apart counts as text
on fundus, whose gold has it, and not on scrapinghub, whose gold has not (``body``). A caption or
credit counts as found where at least four fifths of the words of both agree.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

Reading = dict[str, Any]
_NOT_WORD = re.compile(r"[\W_]+")
_SPACELESS = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
#: What a credit begins with, and the gold leaves out.
_KEYWORD = re.compile(
    r"^\W*(?:(?:copyright|quelle|source|credits?|courtesy of|by|isithombe|ảnh|사진 ?출처|写真"
    r"|(?:symbol|archiv)?(?:foto|bild)(?:s|rechte|quelle)?|photos?|images?|pictures?|фото|imagen|fuente|fot)\b"
    r"(?:\s*(?:by|credit|courtesy of)\b)?[\s:：=©/]*)*",
    re.IGNORECASE,
)
#: Names in the gold that are no person: the publishers' own parsers give what the byline says.
_HOUSE = re.compile(
    r"redaktion|nachrichten|presse|agentur|ajansı|press\b|\bafp|^dpa$|^kicker|\.(?:de|is|com\.tr)$"
    r"|デジタル|भास्कर|^tpn$|^euronews|^habertürk|staff$|^bbc|^dizindaba|echos$|^última hora$",
    re.IGNORECASE,
)


def squeezed(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFC", unescape(text or "")).split())


def key(text: str | None) -> str:
    plain = unicodedata.normalize("NFKC", unescape(text or "")).casefold()
    return _NOT_WORD.sub(" ", plain).strip()


def words(text: str) -> list[str]:
    return key(_SPACELESS.sub(r" \1 ", text)).split()


# -- gold -----------------------------------------------------------------------------------------


def read_fundus(folder: Path, rubrics: dict[str, str]) -> list[tuple[str, bytes, str, Reading]]:
    """(name, page, address, gold) of every fundus page, in the order of their names."""
    pages = []
    for file in sorted(folder.glob("*.json")):
        whole = json.loads(file.read_text("utf-8"))
        gold = whole["gold"]
        images = gold.get("images")
        body = gold["body"]
        parts = [*body["summary"]]
        for section in body["sections"]:
            parts += [*section["headline"], *section["paragraphs"]]
        people = gold.get("authors")
        content = gzip.decompress(file.with_suffix(".html.gz").read_bytes())
        pages.append((file.stem, content, whole["url"], {
            "corpus": "fundus", "country": whole["country"], "publisher": whole["publisher"],
            "title": gold["title"],
            "authors": people,
            "persons": None if people is None else [n for n in people if not _HOUSE.search(n)],
            "date": gold["publishing_date"],
            "topics": gold.get("topics"),
            "text": "\n".join(parts),
            "captions": None if images is None else [i["caption"] for i in images if i["caption"]],
            "credits": None
            if images is None
            else [", ".join(i["authors"]) for i in images if i["authors"]],
            "rubric": rubrics.get(file.stem),
        }))  # fmt: skip
    return pages


def read_scrapinghub(folder: Path) -> list[tuple[str, bytes, str, Reading]]:
    """(name, page, address, gold) of every page of scrapinghub's article benchmark."""
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    return [
        (
            name,
            gzip.decompress((folder / f"{name}.html.gz").read_bytes()),
            said["url"],
            {"corpus": "scrapinghub", "text": said["articleBody"]},
        )
        for name, said in sorted(truth.items())
    ]


def read_corpus(folder: Path, rubrics: Path) -> list[tuple[str, bytes, str, Reading]]:
    table = dict(
        line.split("\t")[:2]
        for line in rubrics.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    return read_fundus(folder / "fundus", table) + read_scrapinghub(folder / "scrapinghub")


def digest(pages: Iterable[tuple[str, bytes, str, Reading]]) -> str:
    """sha256 of names, pages and gold: scores of different corpora are not to be compared."""
    whole = hashlib.sha256()
    for name, content, url, gold in pages:
        said = json.dumps(gold, ensure_ascii=False, sort_keys=True)
        whole.update(f"{name}\0{url}\0{said}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


# -- comparing ------------------------------------------------------------------------------------


def counts(found: Iterable[str], gold: Iterable[str], same: Callable[[str, str], bool]) -> Counter:
    """How many of two lists agree one to one, and how long they are without repeats."""
    left = list(dict.fromkeys(text for text in found if key(text)))
    right = list(dict.fromkeys(text for text in gold if key(text)))
    total = Counter(found=len(left), gold=len(right))
    for text in left:
        match = next((other for other in right if same(text, other)), None)
        if match is not None:
            right.remove(match)
            total["both"] += 1
    return total


def same_name(one: str, other: str) -> bool:
    return key(one) == key(other)


def alike(one: str, other: str) -> bool:
    left, right = set(words(_KEYWORD.sub("", one))), set(words(_KEYWORD.sub("", other)))
    return bool(left | right) and len(left & right) >= 0.8 * len(left | right)


def f1(total: Counter) -> float:
    return 2 * total["both"] / (total["found"] + total["gold"] or 1)


def bag_f1(found: str, gold: str, size: int) -> float:
    left, right = _shingles(found, size), _shingles(gold, size)
    both = sum((left & right).values())
    return 2 * both / (sum(left.values()) + sum(right.values()) or 1)


def _shingles(text: str, size: int) -> Counter:
    parts = words(text)
    if len(parts) < size:
        return Counter([tuple(parts)]) if parts else Counter()
    return Counter(tuple(parts[i : i + size]) for i in range(len(parts) - size + 1))


def same_time(found: str | None, gold: str) -> tuple[bool, bool]:
    """Whether the clock is the same to the second, and whether the moment is."""
    want = datetime.fromisoformat(gold).replace(microsecond=0)
    if not found:
        return False, False
    try:
        moment = datetime.fromisoformat(found).replace(microsecond=0)
    except ValueError:
        return False, False
    clock = moment.replace(tzinfo=None) == want.replace(tzinfo=None)
    if want.tzinfo is None:
        return clock, clock
    if moment.tzinfo is None:
        return clock, False
    return clock or moment == want, moment == want


# -- scores ---------------------------------------------------------------------------------------

LISTS = {
    "author": ("authors", "persons", same_name),
    "author, raw gold": ("signed", "authors", same_name),
    "topics": ("topics", "topics", same_name),
    "captions": ("captions", "captions", alike),
    "photographer": ("credits", "credits", alike),
}


def compare(reading: Reading, gold: Reading) -> dict[str, Any]:
    """Field -> how one page was read: a number, or the counts of a list."""
    if gold["corpus"] == "scrapinghub":
        return {"text, scrapinghub": bag_f1(reading.get("body", reading["text"]), gold["text"], 4)}
    clock, moment = same_time(reading["date"], gold["date"])
    variants = {squeezed(text) for text in (reading["title"], *reading["titles"])}
    result: dict[str, Any] = {
        "title": float(squeezed(reading["title"]) == squeezed(gold["title"])),
        "title, any variant": float(squeezed(gold["title"]) in variants),
        "time": float(clock),
        "time and zone": float(moment),
        "text, fundus": bag_f1(reading["text"], gold["text"], 1),
    }
    said = {**reading, "signed": reading["authors"] + reading["houses"]}
    for field, (mine, theirs, same) in LISTS.items():
        if gold[theirs] is not None:
            result[field] = counts(said[mine], gold[theirs], same)
    if gold["rubric"]:
        known = {key(name) for name in gold["rubric"].split("|")}
        result["rubric"] = float(key(reading["rubric"]) in known)
    return result


def total(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Field -> score of many pages together."""
    numbers: dict[str, list[float]] = {}
    lists: dict[str, Counter] = {}
    for row in rows:
        for field, value in row.items():
            if isinstance(value, Counter):
                lists.setdefault(field, Counter()).update(value)
            else:
                numbers.setdefault(field, []).append(value)
    scores = {field: sum(values) / len(values) for field, values in numbers.items()}
    return scores | {field: f1(value) for field, value in lists.items()}
