"""Score what extractors read on real news pages, ours beside its peers, and their CPU time.

``python benchmarks/pages_bench.py [--peers-python .venv-peers/bin/python]``. The pages stand
beside the project (``../shared/data/pages``); without them there is nothing to measure. Every
extractor runs in a process of its own; a peer that is not installed is left out and said so.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import pages_score as scoring  # noqa: E402

PAGES = HERE.parent.parent / "shared" / "data" / "pages"
RUBRICS = HERE / "rubrics.tsv"
EXTRACTORS = ("newsdata", "trafilatura", "newspaper4k", "goose3", "jsonld")
#: The fields in the order of the table.
FIELDS = (
    "title", "title, any variant", "author", "author, raw gold", "time", "time and zone",
    "topics", "text, fundus", "text, scrapinghub", "captions", "photographer", "rubric",
)  # fmt: skip
LANGUAGES = {
    "at": "de", "de": "de", "ca": "en", "us": "en", "uk": "en", "na": "en", "ls": "en",
    "mx": "en", "pt": "en", "es": "es", "fr": "fr", "jp": "ja", "se": "sv", "no": "no",
    "tr": "tr",
}  # fmt: skip


def empty() -> dict[str, Any]:
    lists = ("titles", "authors", "houses", "topics", "captions", "credits")
    return {"title": "", "date": None, "text": "", "rubric": None, **{name: [] for name in lists}}


# -- the extractors -------------------------------------------------------------------------------


def by_newsdata() -> Any:
    from newsdata.extractors.html import extract_html
    from newsdata.records import Article, Page, Place

    def read(content: bytes, url: str) -> dict[str, Any]:
        found = extract_html(Page(content, "html", Place("page.html", 1, 0), url=url))
        if not isinstance(found, Article):
            return empty() | {"rejected": found.code}
        record = found.record
        extra = [(item["key"], item["value"]) for item in record["extra"]]
        images = record["images"]
        return empty() | {
            "title": record["title"] or "",
            "titles": [value for name, value in extra if name == "title"],
            "authors": record["author"],
            "houses": [value for name, value in extra if name == "byline"],
            "date": record["timestamp"] or dict(extra).get("printed_time"),
            "topics": record["tags"],
            "text": "\n".join(filter(None, [record["lead"], record["text"]])),
            "body": record["text"] or "",
            "captions": [image["caption"] for image in images if image["caption"]],
            "credits": [image["credit"] for image in images if image["credit"]],
            "rubric": record["rubric"],
            "language": record["language"],
        }

    return read


def by_trafilatura() -> Any:
    from trafilatura import bare_extraction

    def read(content: bytes, url: str) -> dict[str, Any]:
        found = bare_extraction(content, url=url, with_metadata=True, include_comments=False)
        if found is None:
            return empty()
        return empty() | {
            "title": found.title or "",
            "authors": [name for name in (found.author or "").split("; ") if name],
            "date": found.date,
            "topics": found.tags or [],
            "text": found.text or "",
            "rubric": (found.categories or [None])[0],
        }

    return read


def by_newspaper4k() -> Any:
    import newspaper

    def read(content: bytes, url: str) -> dict[str, Any]:
        article = newspaper.Article(url, fetch_images=False)
        article.download(input_html=content.decode("utf-8", "replace"))
        article.parse()
        when = article.publish_date
        return empty() | {
            "title": article.title or "",
            "authors": list(article.authors),
            "date": when.isoformat() if when else None,
            "topics": list(article.tags or article.keywords or article.meta_keywords),
            "text": article.text or "",
            "rubric": (article.meta_data.get("article") or {}).get("section")
            if isinstance(article.meta_data.get("article"), dict)
            else None,
        }

    return read


def by_goose3() -> Any:
    from goose3 import Goose

    goose = Goose({"enable_image_fetching": False})

    def read(content: bytes, url: str) -> dict[str, Any]:  # noqa: ARG001
        article = goose.extract(raw_html=content.decode("utf-8", "replace"))
        when = article.publish_datetime_utc
        return empty() | {
            "title": article.title or "",
            "authors": list(article.authors),
            "date": when.isoformat() if when else article.publish_date,
            "topics": list(article.tags),
            "text": article.cleaned_text or "",
        }

    return read


def by_jsonld() -> Any:
    """JSON-LD as it stands, OpenGraph where it is silent: no cleaning, no page text."""
    from lxml import html

    def nodes(value: Any) -> Any:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item
                yield from nodes(item.get("@graph", []))

    def names(value: Any) -> list[str]:
        items = value if isinstance(value, list) else [value]
        texts = [item.get("name") if isinstance(item, dict) else item for item in items]
        return [text for text in texts if isinstance(text, str)]

    def read(content: bytes, url: str) -> dict[str, Any]:  # noqa: ARG001
        tree = html.document_fromstring(content.decode("utf-8", "replace").encode())
        article: dict[str, Any] = {}
        for script in tree.xpath("//script[@type='application/ld+json']/text()"):
            try:
                said = json.loads(script)
            except ValueError:
                continue
            for node in nodes(said):
                if "Article" in str(node.get("@type")) and not article:
                    article = node
        meta = {
            element.get("property"): element.get("content")
            for element in tree.xpath("//meta[@property]")
        }
        images = article.get("image")
        images = [
            i for i in (images if isinstance(images, list) else [images]) if isinstance(i, dict)
        ]
        body = article.get("articleBody")
        section = names(article.get("articleSection"))
        headline = article.get("headline")
        date = article.get("datePublished") or meta.get("article:published_time")
        keywords = article.get("keywords")
        return empty() | {
            "title": headline if isinstance(headline, str) else meta.get("og:title") or "",
            "authors": names(article.get("author")),
            "date": date if isinstance(date, str) else None,
            "topics": keywords.split(",") if isinstance(keywords, str) else names(keywords),
            "text": body if isinstance(body, str) else meta.get("og:description") or "",
            "captions": [str(i["caption"]) for i in images if i.get("caption")],
            "credits": [str(i["creditText"]) for i in images if i.get("creditText")],
            "rubric": section[0] if section else None,
        }

    return read


MAKERS = {
    "newsdata": by_newsdata,
    "trafilatura": by_trafilatura,
    "newspaper4k": by_newspaper4k,
    "goose3": by_goose3,
    "jsonld": by_jsonld,
}


def work(name: str, out: Path) -> None:
    """Read every page with one extractor: {"cpu": seconds, "readings": {name: reading}}."""
    logging.disable(logging.CRITICAL)
    pages = scoring.read_corpus(PAGES, RUBRICS)
    read = MAKERS[name]()
    read(pages[0][1], pages[0][2])  # imports and tables are not a page's time
    readings: dict[str, Any] = {}
    spent = 0.0
    for page, content, url, _ in pages:
        begun = time.process_time()
        try:
            readings[page] = read(content, url)
        except Exception as error:
            readings[page] = empty() | {"failed": f"{type(error).__name__}: {error}"[:200]}
        took = time.process_time() - begun
        readings[page]["cpu"] = took
        spent += took
    out.write_text(json.dumps({"cpu": spent, "readings": readings}), encoding="utf-8")


# -- the tables -----------------------------------------------------------------------------------


def run(peers: str, chosen: tuple[str, ...] = EXTRACTORS) -> dict[str, Any]:
    """Readings of every extractor that could run, by its name."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            python = sys.executable if name in ("newsdata", "jsonld") else peers
            out = Path(folder) / f"{name}.json"
            command = [python, str(HERE / "pages_bench.py"), "--work", name, "--out", str(out)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name} could not run: {done.stderr.strip().splitlines()[-1:]}")
            else:
                results[name] = json.loads(out.read_text("utf-8"))
    return results


def tables(results: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The scores as rows: all extractors, and ours per language."""
    pages = scoring.read_corpus(PAGES, RUBRICS)
    rows: list[dict[str, Any]] = []
    compared: dict[str, dict[str, dict[str, Any]]] = {}
    for name, result in results.items():
        said = result["readings"]
        compared[name] = {p: scoring.compare(said[p], gold) for p, _, _, gold in pages}
    scores = {name: scoring.total(by_page.values()) for name, by_page in compared.items()}
    for field in FIELDS:
        row: dict[str, Any] = {"field": field}
        row |= {name: round(score.get(field, 0.0), 3) for name, score in scores.items()}
        rows.append(row)
    speed = {name: round(len(pages) / result["cpu"], 1) for name, result in results.items()}
    rows.append({"field": "pages per CPU second", **speed})
    by_language: list[dict[str, Any]] = []
    ours = compared.get("newsdata", {})
    groups: dict[str, list[dict[str, Any]]] = {}
    for page, _, _, gold in pages:
        if page in ours and gold["corpus"] == "fundus":
            language = results["newsdata"]["readings"][page].get("language") or "none"
            groups.setdefault(language, []).append(ours[page])
    for language, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        score = scoring.total(members)
        by_language.append({
            "language": language,
            "pages": len(members),
            **{field: round(score[field], 2) for field in FIELDS if field in score},
        })  # fmt: skip
    title = f"News pages ({len(pages)}, {scoring.digest(pages)[:12]})"
    return {title: rows, "newsdata by language": by_language}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--only", nargs="*", default=EXTRACTORS, choices=EXTRACTORS)
    parser.add_argument("--work", choices=EXTRACTORS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work, given.out)
        return
    from newsdata.cli.common import table

    for title, rows in tables(run(given.peers_python, tuple(given.only))).items():
        headers = list(dict.fromkeys(key for row in rows for key in row))
        table(headers, [[row.get(h) for h in headers] for row in rows], title=title)
        print()


if __name__ == "__main__":
    main()
