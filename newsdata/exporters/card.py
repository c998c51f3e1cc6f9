"""README.md of a release: the YAML that ``datasets`` and the Hub read, then text for people.

Every number in it is computed. What only the keeper of the dataset can say stays visibly empty,
with a sentence saying so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from newsdata.exporters.citation import bibtex_of, creators
from newsdata.exporters.features import yaml_features
from newsdata.exporters.licences import licence
from newsdata.exporters.markdown import linked, literal, table
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.plan import ABOUT, Config, Described
from newsdata.exporters.structure import numbers, processing, structure
from newsdata.exporters.tables import changes

#: Upper bound of rows -> the Hub's name for the size.
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)


def card(release: Described, images: Iterable[str]) -> bytes:
    """The whole README.md; ``images`` are the paths of the pictures that stand in it."""
    import yaml

    head = yaml.safe_dump(
        card_data(release), sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    body = "\n\n".join(part for part in _sections(release, list(images)) if part)
    return f"---\n{head}---\n\n{body}\n".encode()


def card_data(release: Described) -> dict[str, Any]:
    """The card's YAML as a value.

    ``dataset_info`` always names the features: without them loading fails as soon as the first
    shard has a column that is all null (measured with datasets 5). It never has ``splits``: a
    wrong ``num_examples`` raises, and a right one breaks ``filters=``.
    """
    about, known = release.about, release.facts
    data: dict[str, Any] = {"pretty_name": release.name, "license": about.license}
    for key in ("license_name", "license_link"):
        if getattr(about, key):
            data[key] = getattr(about, key)
    primary = sorted({tag.split("-")[0].lower() for tag in known.languages})
    if primary:
        data["language"] = primary
    if set(known.languages) - set(primary):
        data["language_bcp47"] = sorted(known.languages)
    data["multilinguality"] = ["multilingual" if len(primary) > 1 else "monolingual"]
    data["size_categories"] = [size_category(known.rows)]
    data["source_datasets"] = ["original"]
    data["task_categories"] = _tasks(release)
    data["annotations_creators"] = ["found"]
    data["tags"] = ["news"]
    articles = Config(ARTICLES, "", release.schema.arrow, _globs(release))
    configs = (articles, *release.configs)
    data["configs"] = [_config(config, release) for config in configs]
    data["dataset_info"] = [
        {"config_name": config.name, "features": yaml_features(config.columns)}
        for config in configs
    ]
    return data


def _globs(release: Described) -> dict[str, str]:
    return {split: f"data/{split}-*.parquet" for split in release.splits or (release.split,)}


def _config(config: Config, release: Described) -> dict[str, Any]:
    # ``datasets`` (5.2) keys its cache of a local directory by its last name and this YAML:
    # without the content in it two archives' releases 1.0.0 would be taken for each other.
    found: dict[str, Any] = {"config_name": config.name}
    if config.name == ARTICLES:
        found["default"] = True
    found["description"] = f"content sha256:{release.content_hash}"
    if "-" not in release.version:  # datasets.Version knows no pre-releases
        found["version"] = release.version
    files = [{"split": split, "path": path} for split, path in config.files.items()]
    return {**found, "data_files": files}


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows.

    >>> size_category(999), size_category(1000)
    ('n<1K', '1K<n<10K')
    """
    return next((name for bound, name in SIZES if rows < bound), "n>1T")


def _tasks(release: Described) -> list[str]:
    tasks = ["text-generation", "fill-mask"]
    return [*tasks, "text-classification"] if release.facts.counted.get("rubric") else tasks


# -- text for people ----------------------------------------------------------------------------


def _sections(release: Described, images: list[str]) -> Iterable[str]:
    about = release.about
    yield f"# {literal(release.name)}"
    yield about.summary or _summary(release)
    if release.without:
        yield _without(release)
    yield "## Details\n\n" + _details(release)
    yield "## How to load\n\n" + _how_to_load(release)
    yield "## Uses\n\n" + _told(release, "uses")
    yield "### Out of scope\n\n" + _told(release, "out_of_scope")
    yield "## Numbers\n\n" + numbers(release.facts, images)
    yield "## Structure\n\n" + structure(release)
    yield "## Creation"
    yield "### Rationale\n\n" + _told(release, "rationale")
    yield "### Collection\n\n" + _told(release, "collection")
    yield "### Processing\n\n" + processing(release)
    for heading, text in release.sections.items():
        yield f"## {heading}\n\n{text}"
    if release.totals:
        yield "## Tokens\n\n" + _tokens(release)
    yield "## Personal information\n\n" + _persons(release)
    yield "## Bias\n\n" + _told(release, "biases")
    yield "## Limits\n\n" + _told(release, "limits")
    yield "## Changelog\n\n" + changes(release)
    if release.since.previous is not None:
        yield "What earlier versions changed stands in `CHANGELOG.md`."
    yield "## Citation\n\n" + (about.citation or f"```bibtex\n{bibtex_of(release)}\n```")
    yield "`CITATION.cff` says the same for programs."
    yield "## Contact\n\n" + _told(release, "contact")


def _told(release: Described, key: str) -> str:
    """What the keeper wrote under a key of ``[card]``, or that nothing is written there."""
    text = (getattr(release.about, key) or "").strip()
    return text or (
        f"*Empty: {ABOUT[key]}. That cannot be computed; the keeper of this dataset has to write "
        f"it (`{key}` in `[card]` of newsdata.toml).*"
    )


def _without(release: Described) -> str:
    """What is not in a release that may not pass its texts on."""
    names = ", ".join(f"`{name}`" for name in release.without)
    return (
        f"**Left out: {names}.** These texts may not be passed on here and are null; the config "
        "`fingerprints` has a fingerprint of each. Who owns lawful copies fills them in with "
        "`newsdata hydrate`. Numbers of characters below are of what is left."
    )


def _tokens(release: Described) -> str:
    """The sums of the column ``tokens``, and of which tokenizer."""
    digest = release.settings["prepared"]["tokenizer"]
    rows = [
        (f"`{config}`", f"`{split}`", f"{count:,}")
        for config, splits in release.totals["tokens"].items()
        for split, count in splits.items()
    ]
    return (
        f"Counted by the tokenizer whose `tokenizer.json` has the sha256 `{digest}`, without "
        "special tokens and chat templates: the column `tokens` of the configs for trainers.\n\n"
        + table(("config", "split", "tokens"), rows)
    )


def _summary(release: Described) -> str:
    known = release.facts
    parts = [f"{known.rows:,} news article" + ("" if known.rows == 1 else "s")]
    sources = len(known.counted.get("source", ()))
    if sources:
        parts.append(f"from {sources:,} source" + ("" if sources == 1 else "s"))
    if known.languages:
        parts.append(f"in {', '.join(known.languages[:5])}")
    if len(known.languages) > 5:
        parts.append(f"and {len(known.languages) - 5} more languages")
    if known.first:
        same = known.first == known.last
        parts.append(f"of {known.first}" if same else f"of {known.first} to {known.last}")
    return " ".join(parts) + "."


def _details(release: Described) -> str:
    about, known = release.about, release.facts
    found = licence(about)
    name = "not stated: the keeper of this dataset has to name one before publishing"
    period = f"{known.first} to {known.last} (UTC)" if known.first else "no article is dated"
    schema = release.schema
    told = f"version {schema.version}" if schema.version else "without a version"
    rows = [
        ("date", release.date),
        ("made by", ", ".join(creators(about))),
        ("published by", about.publisher or ""),
        ("page", about.url or ""),
        ("articles", f"{known.rows:,}"),
        ("period", period),
        ("languages", ", ".join(known.languages)),
        ("sources", _sources(release)),
        ("licence", name if found is None else linked(found.name, found.url)),
        ("schema", f"{told}, in this directory"),
        ("content hash", f"`{release.content_hash}`"),
    ]
    return table(("version", release.version), [(key, value) for key, value in rows if value])


def _sources(release: Described) -> str:
    names = [name for name, _ in release.facts.counted.get("source", ())]
    if not names:
        return ""
    shown = ", ".join(map(literal, names[:5])) + (
        f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    )
    return f"{shown}: `sources.csv`"


def _how_to_load(release: Described) -> str:
    title = release.schema.roles.get("title") or release.schema.arrow.names[0]
    version = release.version
    parts = [
        # "." is not a path that datasets 5 can load: it names its cache after the directory.
        f"With `./{version}` standing for the path of this directory:\n\n"
        "```python\n"
        "from datasets import load_dataset\n"
        f'articles = load_dataset("./{version}", split="{release.split}")\n'
        f'print(articles[0]["{title}"])\n'
        "```",
        f"pandas, Polars, DuckDB and Spark read {_read(release)} as it is. "
        "`sha256sum -c SHA256SUMS` checks every file.",
    ]
    if release.configs:
        rows = [(f"`{one.name}`", one.meaning) for one in release.configs]
        parts.append(
            "Further configs, the second argument of `load_dataset`:\n\n"
            + table(("config", "what it holds"), rows)
        )
    return "\n\n".join(parts)


def _read(release: Described) -> str:
    return ", ".join(f"`{glob}`" for glob in _globs(release).values())


def _persons(release: Described) -> str:
    """The keeper's words, then which columns name persons and how often."""
    known = release.facts
    names = [n for n in ("author", "photographer", "people") if known.filled.get(n)]
    told = _told(release, "personal_data")
    if not names:
        return told
    rows = [(f"`{name}`", f"{known.filled[name]:,}") for name in names]
    return f"{told}\n\nColumns that hold names of persons; the texts name more:\n\n" + table(
        ("column", "articles"), rows
    )
