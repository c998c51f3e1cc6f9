"""The documents of a release: true numbers, valid by their own rules, the same bytes again."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import newsdata
from newsdata.exporters import plots
from newsdata.exporters.citation import bibtex_of, cite
from newsdata.exporters.documents import DOCUMENTS, documents
from newsdata.exporters.facts import Facts, Tally
from newsdata.exporters.licences import KNOWN
from newsdata.exporters.markdown import literal
from newsdata.exporters.plan import ABOUT, STRICT, About, Config, Described, Since, lacking
from newsdata.exporters.tables import parse_removed, removed_csv
from newsdata.records import empty_record
from newsdata.schema import Schema, parse_schema
from newsdata.sources.documents import article_schema

SCHEMA: Schema = article_schema()

# All articles here are invented.
RUBRICS = (None, "Общество", "Культура", "Sport | <i>", "经济")
FULL = About(
    license="cc-by-4.0",
    creator="Ada Fable; Institute of Tales",
    publisher="House of Tales",
    url="https://data.example/tales",
    **{key: f"Told about {key}." for key in ("summary", *STRICT, "out_of_scope", "collection")},
    rationale="To test.",
    contact="nobody@data.example",
)


def article(number: int, **values: Any) -> dict[str, Any]:
    month = number % 14
    made = {
        "id": f"tale:{number}",
        "title": f"Придуманный заголовок {number}",
        "text": "Придумано. " * (1 + number % 90),
        "timestamp": f"{2022 + month // 12}-{month % 12 + 1:02}-11T10:00:00+03:00",
        "source": ("tales.example", "fables.example")[number % 2],
        "language": ("ru", "be")[number % 3 == 0],
        "rubric": RUBRICS[number % 5],
        "author": ["Ада Байкина"] if number % 4 else [],
        "rights": {"tdm": "reserved", "free_to_read": True, "signals": ["meta", "x"]}
        if number % 7 == 0
        else None,
        "dateline": {"raw": "Нигде", "places": ["Нигде", "Там"]} if number % 3 else None,
        "images": [{"caption": "Подпись", "photographer": ["П. О."], "after_paragraph": 1}, {}]
        if number % 2
        else [],
        "tags": ["a", "b"][: number % 3],
    }
    return empty_record(**{**made, **values})


def table(records: list[dict[str, Any]]) -> pa.Table:
    array = SCHEMA.to_arrow([SCHEMA.canonical(record) for record in records])
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(array)]).cast(SCHEMA.arrow)


def facts_of(records: list[dict[str, Any]]) -> Facts:
    tally = Tally(SCHEMA)
    tally.add(table(records))
    return tally.facts()


RECORDS = [article(n) for n in range(60)]
FILES = {"data/train-2022-01-00000.parquet": {"sha256": "0" * 64, "size": 9, "rows": 60}}


def described(**values: Any) -> Described:
    made: dict[str, Any] = {
        "version": "1.1.0",
        "name": "Придуманные новости",
        "date": "2023-02-11",
        "schema": SCHEMA,
        "facts": facts_of(RECORDS),
        "content_hash": "ab" * 32,
        "files": FILES,
        "about": FULL,
        "counts": {"articles": 60, "rejected": 2, "reasons": {"list-page": 2}},
        "settings": {"threshold": 0.75, "ngram": 5, "keep": "earliest", "require": ["id"]},
    }
    return Described(**{**made, **values})


# -- facts --------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 200), unique=True, max_size=25), st.randoms(), st.booleans())
def test_facts_do_not_depend_on_order_batches_or_merging(
    numbers: list[int], chance: random.Random, merged: bool
) -> None:
    records = [article(n, **({"timestamp": None} if n % 11 == 0 else {})) for n in numbers]
    whole = facts_of(records)
    mixed = chance.sample(records, len(records))
    tallies = [Tally(SCHEMA) for _ in range(3 if merged else 1)]
    while mixed:
        size = chance.randint(1, 9)
        chance.choice(tallies).add(table(mixed[:size]).to_batches()[0])
        mixed = mixed[size:]
    for other in tallies[1:]:
        tallies[0].merge(other)
    assert tallies[0].facts() == whole


def test_facts_are_those_that_counting_by_hand_gives() -> None:
    records = [*RECORDS, article(61, timestamp=None, source=None, rubric="")]
    known = facts_of(records)
    texts = sorted(len(one["text"]) for one in records)
    assert (known.rows, known.undated, known.characters) == (61, 1, sum(texts))
    assert (known.first, known.last) == ("2022-01-11", "2023-02-11")
    assert (known.quantile(0.5), known.quantile(1)) == (texts[30], texts[-1])
    rubrics = Counter(one["rubric"] for one in records if one["rubric"] is not None)
    assert dict(known.counted["rubric"]) == rubrics
    assert known.filled["author"] == sum(bool(one["author"]) for one in records)
    months = Counter(one["timestamp"][:7] for one in RECORDS)
    assert dict(plots.by_period(known.months)[1]) == months
    assert known.example is not None
    assert known.example["id"] == "tale:0"
    by_name = {one.source: one for one in known.sources}
    assert set(by_name) == {"", "tales.example", "fables.example"}
    tales = [one for one in RECORDS if one["source"] == "tales.example"]
    reserved = sum(one["rights"] is not None for one in tales)
    found = by_name["tales.example"]
    assert found.articles == len(tales)
    assert found.characters == sum(len(one["text"]) for one in tales)
    assert (found.tdm, found.free_to_read) == ({"reserved": reserved}, {True: reserved})
    assert (found.languages, found.signals) == (("be", "ru"), ("meta", "x"))


def test_a_schema_without_roles_has_facts_too() -> None:
    schema = parse_schema({"type": "object", "properties": {"n": {"type": "integer"}}}, "n")
    tally = Tally(schema)
    assert tally.facts().example is None
    tally.add(pa.table({"n": [3, 1]}, schema=schema.arrow))
    known = tally.facts()
    assert (known.rows, known.undated, known.example) == (2, 2, {"n": 3})
    made = documents(described(schema=schema, facts=known))
    assert set(made) == set(DOCUMENTS)
    assert json.loads(made["croissant.json"])["recordSet"][1]["field"][0]["name"] == "n"


# -- all documents ------------------------------------------------------------------------------


def test_every_document_is_there_and_the_same_again() -> None:
    first = documents(described())
    assert set(DOCUMENTS) < set(first)
    assert sum(name.startswith("images/") for name in first) == 3
    assert all(first.values())
    tally = Tally(SCHEMA)
    for record in reversed(RECORDS):
        tally.add(table([record]))
    plots._font.cache_clear()
    assert documents(described(facts=tally.facts())) == first


def test_documents_do_not_depend_on_the_host(tmp_path: Path) -> None:
    """Another zone, locale, order of hashes, home and working directory: the same bytes."""
    record = json.dumps(article(1), ensure_ascii=False)
    (tmp_path / "in.jsonl").write_text(record + "\n", "utf-8")
    seen = []
    for number, (zone, words) in enumerate((("Asia/Tokyo", "C"), ("America/New_York", "C.UTF-8"))):
        home = tmp_path / f"home-{number}"
        home.mkdir()
        archive = home / "archive"
        code = (
            "import newsdata, sys; newsdata.build(['../in.jsonl'], sys.argv[1]);"
            "newsdata.release('1.0.0', sys.argv[1])"
        )
        told = {"TZ": zone, "LC_ALL": words, "PYTHONHASHSEED": str(number), "HOME": str(home)}
        subprocess.run(
            [sys.executable, "-c", code, str(archive)],
            cwd=home,
            env={**os.environ, "PYTHONUTF8": "1", **told},
            check=True,
        )
        folder = archive / "releases" / "1.0.0"
        seen.append({p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert seen[0] == seen[1]
    for name, content in seen[0].items():
        assert str(tmp_path).encode() not in content, name


# -- the card -----------------------------------------------------------------------------------


def test_the_card_has_every_section_and_true_numbers() -> None:
    text = documents(described())["README.md"].decode()
    head, body = text.removeprefix("---\n").split("---\n", 1)
    assert yaml.safe_load(head)["license"] == "cc-by-4.0"
    sections = re.findall(r"^##+ (.+)$", body, re.M)
    assert sections == [
        "Details", "How to load", "Uses", "Out of scope", "Numbers", "Structure", "Creation",
        "Rationale", "Collection", "Processing", "Personal information", "Bias", "Limits",
        "Changelog", "Citation", "Contact",
    ]  # fmt: skip
    for key in STRICT:
        assert f"Told about {key}." in body
    assert "Empty:" not in body
    assert "| `list-page` | 2 | the page is a list of many items, not an article |" in body
    assert f"| `author` | {sum(bool(one['author']) for one in RECORDS)} |" in body
    assert "Jaccard similarity of 0.75" in body
    assert "| `id` | string | 100\xa0% |" in body
    images = re.findall(r"!\[.*?\]\((.*?)\)", body)
    assert images == [name for name in documents(described()) if name.startswith("images/")]
    assert "| Sport &#124; &lt;i> |" in body


def test_what_the_keeper_left_out_stays_visibly_empty() -> None:
    body = documents(described(about=About()))["README.md"].decode()
    for key in (*STRICT, "rationale", "collection", "contact", "out_of_scope"):
        assert f"*Empty: {ABOUT[key]}." in body
        assert f"(`{key}` in `[card]`" in body
    assert "60 news articles from 2 sources in ru, be of 2022-01-11 to 2023-02-11." in body


def test_a_text_with_a_fence_does_not_leave_its_block() -> None:
    record = article(0, title="```\n# Not a heading")
    body = documents(described(facts=facts_of([record])))["README.md"].decode()
    assert "# Not a heading" not in re.sub(r"```json\n.*?\n```\n", "", body, flags=re.S)


def test_two_datasets_of_one_version_are_not_one_in_the_cache_of_datasets(
    tmp_path: Path,
) -> None:
    import datasets

    for name, number in (("one", 1), ("two", 2)):
        (tmp_path / "in.jsonl").write_text(json.dumps(distinct()[number]), "utf-8")
        newsdata.build([tmp_path / "in.jsonl"], tmp_path / name)
        path = newsdata.release("1.0.0", tmp_path / name).sealed.path
        cache = str(tmp_path / "cache")
        for loaded in (
            datasets.load_dataset(str(path), split="train", cache_dir=cache),
            newsdata.load(tmp_path / name),
        ):
            assert loaded["id"][:] == [f"tale:{number}"]


def test_further_configs_stand_in_the_card() -> None:
    columns = pa.schema({"id": pa.string(), "kept": pa.string()})
    further = Config("duplicates", "Copies.", columns, {"train": "data/duplicates/*.parquet"})
    text = documents(described(configs=(further,)))["README.md"].decode()
    head = yaml.safe_load(text.removeprefix("---\n").split("---\n", 1)[0])
    assert [one["config_name"] for one in head["configs"]] == ["articles", "duplicates"]
    assert head["configs"][1]["data_files"][0]["path"] == "data/duplicates/*.parquet"
    assert [one.get("default") for one in head["configs"]] == [True, None]
    assert head["dataset_info"][1]["features"] == [
        {"name": "id", "dtype": "string"},
        {"name": "kept", "dtype": "string"},
    ]
    assert "| `duplicates` | Copies. |" in text


# -- pictures -----------------------------------------------------------------------------------


def chunks(png: bytes) -> list[str]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append(png[at + 4 : at + 8].decode())
        at += length + 12
    return found


def test_pictures_say_nothing_of_their_making() -> None:
    for name, content in plots.pictures(facts_of(RECORDS)).items():
        assert set(chunks(content)) == {"IHDR", "IDAT", "IEND"}, name
        assert len(content) < 100_000


def bars_of(png: bytes) -> list[int]:
    """Heights of the blue bars, from left to right."""
    from PIL import Image, ImageColor

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    blue = ImageColor.getrgb(plots.BAR)
    pixels = picture.load()
    assert pixels is not None
    wide, high = picture.size
    columns = [sum(pixels[x, y] == blue for y in range(high)) for x in range(wide)]
    return [columns[x] for x in range(1, wide) if columns[x] and columns[x] != columns[x - 1]]


def test_bars_are_as_high_as_their_numbers() -> None:
    heights = bars_of(plots.columns("Invented", [("a", 10), ("b", 0), ("c", 40), ("d", 20)]))
    assert len(heights) == 3
    assert heights[1] / heights[0] == pytest.approx(4, rel=0.02)
    assert heights[1] / heights[2] == pytest.approx(2, rel=0.02)


def test_letters_that_cannot_be_drawn_are_named_by_their_place() -> None:
    assert plots.drawable("Общество, ўсё пра Zürich і Łódź — Αθήνα")
    assert not plots.drawable("经济")
    assert not plots.drawable("اقتصاد")
    names = [name for name, _ in plots.rubrics(facts_of(RECORDS))]
    place = [name for name, _ in facts_of(RECORDS).counted["rubric"]].index("经济") + 1
    assert f"no. {place} of the table" in names
    assert names[-1] == "(no rubric)"


def test_long_times_are_drawn_in_years_decades_and_centuries() -> None:
    for unit, last in (
        ("month", 239),
        ("year", 240),
        ("decade", 12 * 300),
        ("century", 12 * 5000),
    ):
        found, bars = plots.by_period([(0, 1), (last, 2)])
        assert found == unit
        assert len(bars) <= plots.MOST
        assert (bars[0][1], bars[-1][1]) == (1, 2)
    assert plots.by_period([(-1970 * 12, 1)])[1] == [("0000-01", 1)]
    assert plots.by_period([(0, 1), (12 * 300, 1)])[1][0][0] == "1970"


def test_many_rubrics_are_one_bar_together() -> None:
    records = [article(n, rubric=f"Rubric {n % 40:02}") for n in range(80)]
    bars = plots.rubrics(facts_of(records))
    assert len(bars) == plots.RUBRICS + 1
    assert bars[-1] == ("25 others", 50)


HOSTILE_NAMES = (
    "[free](javascript:alert(1))",
    "![x](https://tracker.example/p.png)",
    "``` <script>alert(1)</script>` `",
    "**bold** _it_ ~~no~~ $x^2$ \\\\ &amp;",
    "a|b\n## c",
    "\u202eesrever\x00\x1b[31m",
    "long " * 100,
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_from_outside_are_no_markdown(name: str) -> None:
    """Sources, rubrics and names reach the card as what they are, in a cell of its table."""
    told = literal(name)
    assert len(told) < 250
    assert told.isprintable()
    assert not set("*_[]~$<`|") & set(re.sub(r"\\.", "", told))
    records = [article(1, source=name, rubric=name)]
    card = documents(described(facts=facts_of(records), name=name))["README.md"].decode()
    assert f"| {told} | 1 |" in card
    assert f"\n# {told}\n" in card
    shown = card.split("---\n", 2)[2].split("```json")[0]
    assert not re.search(r"(?<!\\)\]\((javascript|https://tracker)|<script|\n## c|\u202e", shown)


def test_the_example_of_a_card_stays_in_its_block() -> None:
    records = [article(1, title="a ``` b \u202e \x85 c")]
    card = documents(described(facts=facts_of(records)))["README.md"].decode()
    block = card.split("```json\n")[1].split("\n```")[0]
    assert json.loads(block)["title"] == "a ``` b \u202e \x85 c"
    assert block.replace("\n", "").isprintable()


# -- licence and citation -----------------------------------------------------------------------


def test_the_text_of_a_known_licence_is_in_the_release() -> None:
    for name, licence in KNOWN.items():
        text = documents(described(about=About(license=name)))["LICENSE"].decode()
        assert licence.text
        assert licence.text.strip() in text
        assert text.startswith(licence.name)


def test_other_licences_are_named_and_none_is_made_up() -> None:
    about = About(license="other", license_name="House rules", license_link="https://l.example")
    text = documents(described(about=about))["LICENSE"].decode()
    assert "House rules" in text
    assert "https://l.example" in text
    assert "No licence is stated" in documents(described(about=About()))["LICENSE"].decode()


#: What the schema of the Citation File Format 1.2.0 demands of the keys that are used here.
CFF_KEYS = {
    "cff-version", "message", "type", "title", "version", "date-released", "authors",
    "identifiers", "abstract", "license", "license-url", "url",
}  # fmt: skip


@pytest.mark.parametrize("about", [FULL, About(), About(license_link="https://l.example")])
def test_the_citation_file_is_valid(about: About, tmp_path: Path) -> None:
    content = documents(described(about=about))["CITATION.cff"]
    found = yaml.safe_load(content)
    assert found.keys() <= CFF_KEYS
    assert found.keys() >= {"cff-version", "message", "title", "authors"}
    assert (found["cff-version"], found["type"]) == ("1.2.0", "dataset")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date-released"])
    assert all(one.keys() == {"name"} and one["name"] for one in found["authors"])
    assert found.get("license", "CC-BY-4.0") == "CC-BY-4.0"
    program = os.environ.get("NEWSDATA_TEST_CFFCONVERT") or shutil.which("cffconvert")
    if program:  # it pins libraries of 2021, so it cannot live in the same environment
        (tmp_path / "CITATION.cff").write_bytes(content)
        subprocess.run([program, "--validate"], cwd=tmp_path, check=True)


HOSTILE = {
    "id": "a:1,}",
    "title": "50 % off {now} \\input{x} #1 & _more_\nline",
    "author": ["Ada and Bob Fable", "Eva {Tale"],
    "agency": "BelTA",
    "url": "https://a.example/{x}",
    "local_date": "2024-05-31",
    "timestamp": "2024-06-01T00:00:00Z",
    "source": "a.example",
    "tags": ["one"],
}


def test_bibtex_of_a_hostile_title_stays_one_entry() -> None:
    text = cite(HOSTILE, "bibtex")
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert text.count("\n@") == 0
    assert text.startswith("@misc{a_1,\n")
    assert text.endswith("\n}")
    depth = 0
    for character in bare[:-1]:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 1 or character in "@misc"
    assert "author = {{Ada and Bob Fable} and {Eva \\{Tale}}" in text
    assert "year = {2024},\n  month = {5},\n  day = {31}" in text


def test_names_of_white_space_and_control_characters_are_in_no_citation() -> None:
    record = {**HOSTILE, "title": "A\x00 \x1b[31mred\x7f", "author": [" ", "\x00", "Ada Fable"]}
    for style in ("bibtex", "ris"):
        text = cite(record, style)
        assert text.replace("\n", "").isprintable()
        assert "A [31mred" in text
    assert "author = {{Ada Fable}}," in cite(record, "bibtex")
    nobody = cite({**record, "author": [" "], "agency": None}, "bibtex")
    assert "author" not in nobody


def test_articles_of_other_alphabets_have_keys_of_their_own() -> None:
    keys = [cite({"id": id_, "title": "T"}, "bibtex").split(",")[0] for id_ in ("ё", "é", "ё:1")]
    assert len(set(keys)) == 3
    assert all(re.fullmatch(r"@misc\{[A-Za-z0-9_]+", key) for key in keys)


def test_ris_and_csl_say_the_same() -> None:
    lines = cite(HOSTILE, "ris").split("\n")
    assert lines[0] == "TY  - NEWS"
    assert lines[-1] == "ER  - "
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines)
    assert lines.count("AU  - Ada and Bob Fable") == 1
    assert "DA  - 2024/05/31" in lines
    (item,) = json.loads(cite(HOSTILE, "csl"))
    assert item["type"] == "article-newspaper"
    assert item["issued"] == {"date-parts": [[2024, 5, 31]]}
    assert item["author"] == [{"literal": "Ada and Bob Fable"}, {"literal": "Eva {Tale"}]


def test_an_article_with_nothing_known_can_be_cited() -> None:
    bare = empty_record(id="x:1", title="T", text="t")
    assert "year" not in cite(bare, "bibtex")
    assert cite(bare, "ris").split("\n")[0] == "TY  - NEWS"
    assert "issued" not in json.loads(cite(bare, "csl"))[0]


def test_an_address_with_braces_does_not_leave_its_field() -> None:
    about = dataclasses.replace(FULL, url="https://a.example/{x")
    assert "url = {https://a.example/%7Bx}," in bibtex_of(described(about=about))


def test_the_release_is_cited_with_its_makers() -> None:
    text = bibtex_of(described())
    assert "author = {{Ada Fable} and {Institute of Tales}}" in text
    assert "version = {1.1.0}" in text


# -- croissant and data package -----------------------------------------------------------------


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty articles, with the card filled in."""
    folder = tmp_path_factory.mktemp("documents")
    lines = [json.dumps(one, ensure_ascii=False) for one in distinct()]
    (folder / "in.jsonl").write_text("\n".join(lines), "utf-8")
    newsdata.build([folder / "in.jsonl"], folder / "archive")
    fill(folder / "archive", FULL)
    return newsdata.release("1.0.0", folder / "archive").sealed.path


def distinct() -> list[dict[str, Any]]:
    return [article(n, text=f"Придуманный текст о деревне {n * 7}, номер {n}.") for n in range(60)]


def fill(archive: Path, about: About) -> None:
    told = {key: getattr(about, key) for key in ("license", *ABOUT) if getattr(about, key)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    with (archive / "newsdata.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["\n[card]", *lines, ""]))


def test_croissant_is_valid_and_loads(release: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="the reference reader of Croissant")
    dataset = mlcroissant.Dataset(jsonld=str(release / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings
    assert dataset.metadata.ctx.is_v1_1()
    assert list(dataset.records("splits")) == [{"splits/name": "train"}]
    rows = newsdata.load(release).to_list()
    found = list(dataset.records("articles"))
    assert len(found) == len(rows) == 60
    for one, row in zip(found, rows, strict=True):
        assert one["articles/id"].decode() == row["id"]
        assert one["articles/title"].decode() == row["title"]
        assert one["articles/timestamp"] == row["timestamp"]
        assert [tag.decode() for tag in one["articles/tags"]] == row["tags"]
        if row["dateline"] is not None:
            places = [p.decode() for p in one["articles/dateline"]["articles/dateline/places"]]
            assert places == row["dateline"]["places"]
        captions = [
            i["articles/images/caption"] and i["articles/images/caption"].decode()
            for i in one["articles/images"]
        ]
        assert captions == [image["caption"] for image in row["images"]]


def test_croissant_tells_what_the_keeper_knows(release: Path) -> None:
    found = json.loads((release / "croissant.json").read_bytes())
    for key, field in (("biases", "dataBiases"), ("limits", "dataLimitations")):
        assert found[f"rai:{field}"] == getattr(FULL, key)
    assert found["rai:personalSensitiveInformation"] == FULL.personal_data
    assert found["rai:dataUseCases"] == FULL.uses
    assert [one["name"] for one in found["creator"]] == ["Ada Fable", "Institute of Tales"]
    manifest = json.loads((release / "manifest.json").read_bytes())["files"]
    files = [one for one in found["distribution"] if one["@type"] == "cr:FileObject"]
    assert files
    assert all(one["sha256"] == manifest[one["contentUrl"]]["sha256"] for one in files)
    bare = json.loads(documents(described(about=About()))["croissant.json"])
    assert not {"license", "rai:dataBiases"} & bare.keys()


#: Types of fields that Table Schema 2.0 knows.
TYPES = {
    "string", "number", "integer", "boolean", "object", "array", "list", "datetime", "date",
    "time", "year", "yearmonth", "duration", "geopoint", "geojson", "any",
}  # fmt: skip


def test_the_data_package_keeps_the_rules_of_its_standard(release: Path) -> None:
    found = json.loads((release / "datapackage.json").read_bytes())
    assert found["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert re.fullmatch(r"[a-z0-9._-]+", found["name"])
    assert all(re.fullmatch(r"[\w.-]+", one["name"]) for one in found["licenses"])
    names = [one["name"] for one in found["resources"]]
    assert len(set(names)) == len(names)
    manifest = json.loads((release / "manifest.json").read_bytes())["files"]
    shards = {name for name in manifest if name.startswith("data/")}
    assert {one["path"] for one in found["resources"]} == {*shards, "sources.csv", "removed.csv"}
    for one in found["resources"]:
        assert re.fullmatch(r"[a-z0-9._/-]+", one["name"])
        if "hash" in one:
            assert one["hash"] == f"sha256:{manifest[one['path']]['sha256']}"
        schema = one["schema"]
        if isinstance(schema, str):
            schema = json.loads((release / schema).read_bytes())
            assert [field["name"] for field in schema["fields"]] == SCHEMA.arrow.names
            assert schema["primaryKey"] == ["id"]
        else:
            head = (release / one["path"]).read_text("utf-8").split("\n")[0]
            assert [field["name"] for field in schema["fields"]] == head.split(",")
        assert {field["type"] for field in schema["fields"]} <= TYPES


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the sample in data/, which has every config."""
    data = Path(__file__).parent.parent / "data"
    archive = tmp_path_factory.mktemp("sample") / "archive"
    newsdata.build([data / "pages", data / "records"], archive)
    sealed = newsdata.release("1.0.0", archive).sealed
    assert sealed is not None
    return Path(str(sealed.path))


def test_every_config_is_in_the_croissant_and_loads(sample: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="the reference reader of Croissant")
    dataset = mlcroissant.Dataset(jsonld=str(sample / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    configs = json.loads((sample / "manifest.json").read_bytes())["configs"]
    assert len(configs) == 4
    assert {one.uuid for one in dataset.metadata.record_sets} == {*configs, "splits"}
    for config in configs:
        rows = newsdata.load(sample, config=config).to_list()
        found = list(dataset.records(config))
        assert [one[f"{config}/id"].decode() for one in found] == [row["id"] for row in rows]


def test_every_table_is_in_the_data_package(sample: Path) -> None:
    """Only the articles have a primary key: an article may have several revisions."""
    found = json.loads((sample / "datapackage.json").read_bytes())["resources"]
    tables = {path.relative_to(sample).as_posix() for path in sample.rglob("*.parquet")}
    assert {one["path"] for one in found} == {*tables, "sources.csv", "removed.csv"}
    for one in found:
        config = one["path"].partition("/")[0]
        if config == "data":
            assert one["schema"] == "table-schema.json"
        elif one["format"] == "parquet":
            names = newsdata.load(sample, config=config).column_names
            assert [field["name"] for field in one["schema"]["fields"]] == names
            assert "primaryKey" not in one["schema"]


# -- what changed -------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(*[st.text(st.sampled_from('a,"\r\n =;\x00\u2028é'), max_size=5)] * 3),
        max_size=4,
    )
)
def test_removed_csv_comes_back_whatever_the_ids_hold(rows: list[tuple[str, str, str]]) -> None:
    content = removed_csv(Since(removed=tuple(rows)))
    assert parse_removed(content) == tuple(rows)
    assert content.endswith(b"\n")
    assert not content.endswith(b"\r\n")


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_sources_add_up(release: Path) -> None:
    rows = read(release / "sources.csv")
    assert {row["source"] for row in rows} == {"tales.example", "fables.example"}
    assert sum(int(row["articles"]) for row in rows) == 60
    characters = sum(len(one["text"]) for one in distinct())
    assert sum(int(row["characters"]) for row in rows) == characters
    reserved = sum(int(row["tdm_reserved"]) for row in rows)
    assert reserved == sum(one["rights"] is not None for one in distinct())
    assert rows[0]["signals"] == "meta;x"


def test_what_was_withdrawn_is_listed_with_its_reason(tmp_path: Path) -> None:
    archive = tmp_path / "archive"

    def add(*records: dict[str, Any]) -> None:
        lines = [json.dumps(one, ensure_ascii=False) for one in records]
        (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
        newsdata.build([tmp_path / "in.jsonl"], archive)

    first = distinct()[:8]
    add(*first)
    newsdata.release("1.0.0", archive)
    later = "2024-01-01T00:00:00Z"
    earlier = "2021-01-01T00:00:00Z"
    add(
        {**first[1], "status": "canceled", "modified": later},
        {**first[2], "id": "tale:older", "timestamp": earlier},
        {**first[3], "language": None, "modified": later},
        {**first[4], "title": "Исправлено", "modified": later},
    )
    sealed = newsdata.release("1.1.0", archive).sealed
    assert sealed is not None
    assert read(sealed.path / "removed.csv") == [
        {"id": "tale:1", "reason": "withdrawn", "kept": ""},
        {"id": "tale:2", "reason": "duplicate", "kept": "tale:older"},
        {"id": "tale:3", "reason": "missing-language", "kept": ""},
    ]
    text = (sealed.path / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == ["1.1.0 - 2022-08-11", "1.0.0 - 2022-08-11"]
    assert "- Added: 1 article.\n- Changed: 1 article.\n- Withdrawn: 3 articles" in text
    assert "  - 1 `missing-language`: it lacks language, which this release requires" in text
    assert "- First release. Holds 8 articles." in text
    assert "Withdrawn: 3 articles" in (sealed.path / "README.md").read_text("utf-8")
    assert newsdata.verify(sealed.path) == []


def test_an_id_of_another_archive_is_unknown(tmp_path: Path) -> None:
    for name, number in (("one", 1), ("two", 2)):
        (tmp_path / "in.jsonl").write_text(json.dumps(distinct()[number]), "utf-8")
        newsdata.build([tmp_path / "in.jsonl"], tmp_path / name)
    newsdata.release("1.0.0", tmp_path / "one")
    shutil.copytree(tmp_path / "one" / "releases", tmp_path / "two" / "releases")
    sealed = newsdata.release("1.1.0", tmp_path / "two").sealed
    assert sealed is not None
    assert read(sealed.path / "removed.csv") == [{"id": "tale:1", "reason": "unknown", "kept": ""}]


def test_a_changelog_grows_from_the_top() -> None:
    first = documents(described(version="1.0.0"))["CHANGELOG.md"]
    since = Since("1.0.0", "minor", "rows were added", added=3, changelog=first)
    second = documents(described(since=since))["CHANGELOG.md"].decode()
    own, old = second.split("## 1.0.0")
    assert "- Holds 60 articles; a minor step, because rows were added." in own
    assert first.decode().endswith(old)
    same = Since("1.1.0", None, "", changelog=b"something else\n")
    third = documents(described(version="1.1.1", since=same))["CHANGELOG.md"].decode()
    assert "the same as in 1.1.0" in third
    assert "something else" not in third


# -- the commands -------------------------------------------------------------------------------


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "newsdata", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def test_strict_names_what_is_missing_until_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(article(1)), "utf-8")
    archive = tmp_path / "archive"
    newsdata.build([tmp_path / "in.jsonl"], archive)
    done = run("release", "1.0.0", "-a", archive, "--strict", "--json")
    assert done.returncode == 1
    for key in STRICT:
        assert f'  {key} = "{ABOUT[key]}"' in done.stderr
    assert set(json.loads(done.stdout)["lacking"]) == set(STRICT)
    assert not list(archive.glob("releases/*"))
    # What was printed can be written as it is, and is then enough.
    lines = [line for line in done.stderr.splitlines() if line.startswith("  ")]
    with (archive / "newsdata.toml").open("a", encoding="utf-8") as file:
        file.write("\n[card]\n" + "\n".join(lines) + "\n")
    assert run("release", "1.0.0", "-a", archive, "--strict").returncode == 0
    assert (archive / "releases" / "1.0.0").is_dir()


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(STRICT), st.sampled_from(["", " \n", "told"])))
def test_only_white_space_says_nothing(told: dict[str, str]) -> None:
    expected = [key for key in STRICT if told.get(key) != "told"]
    assert list(lacking(About(**told))) == expected


def test_show_cites_one_article(tmp_path: Path) -> None:
    records = [article(1, id="tale:1"), article(2, id="tale:2", status="withheld")]
    lines = [json.dumps(one, ensure_ascii=False) for one in records]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
    newsdata.build([tmp_path / "in.jsonl"], tmp_path / "a")
    done = run("show", "tale:1", "-a", tmp_path / "a", "--cite", "bibtex")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("@misc{tale_1,\n  author = {{Ада Байкина}},")
    assert "year = {2022},\n  month = {2},\n  day = {11}" in done.stdout
    assert json.loads(run("show", "tale:1", "-a", tmp_path / "a", "--cite", "csl").stdout)
    refused = run("show", "tale:2", "-a", tmp_path / "a", "--cite", "ris")
    assert refused.returncode == 2
    assert "nothing to cite" in refused.stderr
    both = run("show", "tale:1", "-a", tmp_path / "a", "--cite", "ris", "--json")
    assert both.returncode == 2
