"""README.md of a release: the YAML that ``datasets`` and the Hub read, then text for people.

Every number in it is computed. What only the keeper of the dataset can say stays visibly empty,
with a sentence saying so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from newsdata.exporters.facts import Facts, facts
from newsdata.exporters.features import plain_type, yaml_features
from newsdata.exporters.plan import ARTICLES, Plan

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

#: How many values of a column the card lists.
TOP = 20

#: Longest text shown in the card's example.
SHOWN = 300


def card(plan: Plan, content_hash: str) -> str:
    """The whole README.md."""
    import yaml

    known = facts(plan.table, plan.schema)
    head = yaml.safe_dump(
        card_data(plan, known, content_hash),
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
    )
    body = "\n\n".join(part for part in _sections(plan, known, content_hash) if part)
    return f"---\n{head}---\n\n{body}\n"


def card_data(plan: Plan, known: Facts, content_hash: str) -> dict[str, Any]:
    """The card's YAML as a value.

    ``dataset_info`` always names the features: without them loading fails as soon as the first
    shard has a column that is all null (measured with datasets 5). It never has ``splits``: a
    wrong ``num_examples`` raises, and a right one breaks ``filters=``.
    """
    about = plan.about
    data: dict[str, Any] = {"pretty_name": plan.name, "license": about.license}
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
    data["task_categories"] = _tasks(known)
    data["annotations_creators"] = ["found"]
    data["tags"] = ["news"]
    data["configs"] = [_config(plan, content_hash)]
    data["dataset_info"] = [
        {"config_name": ARTICLES, "features": yaml_features(plan.schema.arrow)}
    ]
    return data


def _config(plan: Plan, content_hash: str) -> dict[str, Any]:
    # ``datasets`` (5.2) keys its cache of a local directory by its last name and this YAML:
    # without the content in it two archives' releases 1.0.0 would be taken for each other.
    config: dict[str, Any] = {"config_name": ARTICLES, "default": True}
    config["description"] = f"content sha256:{content_hash}"
    if "-" not in plan.version:  # datasets.Version knows no pre-releases
        config["version"] = plan.version
    files = {"split": plan.split, "path": f"data/{plan.split}-*.parquet"}
    return {**config, "data_files": [files]}


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows.

    >>> size_category(999), size_category(1000)
    ('n<1K', '1K<n<10K')
    """
    return next((name for bound, name in SIZES if rows < bound), "n>1T")


def _tasks(known: Facts) -> list[str]:
    tasks = ["text-generation", "fill-mask"]
    return [*tasks, "text-classification"] if known.counted.get("rubric") else tasks


# -- text for people ----------------------------------------------------------------------------


def _sections(plan: Plan, known: Facts, content_hash: str) -> Iterable[str]:
    yield f"# {_inline(plan.name)}"
    yield plan.about.summary or ""
    yield "## Details\n\n" + _details(plan, known, content_hash)
    yield "## How to load\n\n" + _how_to_load(plan)
    yield from _outcomes(plan)
    yield "## Structure\n\n" + _structure(plan, known)
    yield "## Numbers\n\n" + _numbers(known)
    yield "## Citation\n\n" + (plan.about.citation or _citation(plan, content_hash))
    yield "## Limits\n\n" + (plan.about.limits or _KEEPER)
    if plan.about.contact:
        yield "## Contact\n\n" + plan.about.contact


_KEEPER = (
    "*Empty: what this dataset must not be used for, what it lacks and whom it may harm cannot "
    "be computed. The keeper of this dataset has to write it before publishing.*"
)


def _details(plan: Plan, known: Facts, content_hash: str) -> str:
    about = plan.about
    licence = about.license_name or about.license
    if licence == "other":
        licence = "not stated: the keeper of this dataset has to name one before publishing"
    period = f"{known.first} to {known.last} (UTC)" if known.first else "no article is dated"
    schema = f"version {plan.schema.version}" if plan.schema.version else "without a version"
    return _table(
        ("", ""),
        [
            ("version", plan.version),
            ("date", plan.date),
            ("articles", f"{known.rows:,}"),
            ("period", period),
            ("licence", _linked(licence, about.license_link)),
            ("schema", f"{schema}, in this directory"),
            ("content hash", f"`{content_hash}`"),
        ],
    )


def _how_to_load(plan: Plan) -> str:
    title = plan.schema.roles.get("title") or plan.schema.arrow.names[0]
    return (
        # "." is not a path that datasets 5 can load: it names its cache after the directory.
        f"With `./{plan.version}` standing for the path of this directory:\n\n"
        "```python\n"
        "from datasets import load_dataset\n"
        f'articles = load_dataset("./{plan.version}", split="{plan.split}")\n'
        f'print(articles[0]["{title}"])\n'
        "```\n\n"
        f"pandas, Polars, DuckDB and Spark read `data/{plan.split}-*.parquet` as it is. "
        "`sha256sum -c SHA256SUMS` checks every file."
    )


def _outcomes(plan: Plan) -> Iterable[str]:
    if plan.counts:
        rows = [(name, f"{count:,}") for name, count in _flat(plan.counts)]
        yield (
            "## Counts\n\nWhat became of every distinct input.\n\n"
            + _table(("outcome", "inputs"), rows)
        )
    if plan.left_out:
        rows = [(name, f"{count:,}") for name, count in sorted(plan.left_out.items())]
        yield (
            "Articles that are not in this release, because a required field is missing:\n\n"
            + _table(("reason", "articles"), rows)
        )


def _flat(counts: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, int]]:
    for name, value in counts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}: ")
        else:
            yield f"{prefix}{name}", value


def _structure(plan: Plan, known: Facts) -> str:
    rows = [
        (
            f"`{item.name}`",
            plain_type(item.type),
            f"{_share(known.filled[item.name], known.rows)}",
            str(plan.schema.properties[item.name].get("description", "")),
        )
        for item in plan.schema.arrow
    ]
    order = " and ".join(
        f"`{plan.schema.roles[role]}`" for role in ("timestamp", "id") if role in plan.schema.roles
    )
    return (
        f"One row an article, sorted by {order}. One split, `{plan.split}`. "
        "*Filled* is the share of rows in which a column is neither null nor empty.\n\n"
        + _table(("field", "type", "filled", "meaning"), rows)
        + "\n\nAn instance (long texts are cut here, marked …):\n\n```json\n"
        + _instance(plan)
        + "\n```"
    )


def _instance(plan: Plan) -> str:
    row = plan.schema.canonical(plan.table.slice(0, 1).to_pylist()[0])
    return json.dumps(_shortened(row), ensure_ascii=False, indent=2)


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= SHOWN else value[:SHOWN] + "…"
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return value


def _numbers(known: Facts) -> str:
    lines = [
        f"- {known.rows:,} articles with {known.characters:,} characters of text",
        f"- {known.undated:,} articles without a time of publication",
    ]
    parts = ["\n".join(lines)]
    for name, values in known.counted.items():
        if not values:
            parts.append(f"No article has a {name}.")
            continue
        parts.append(_table((name, "articles"), [(v, f"{n:,}") for v, n in values[:TOP]]))
        rest = values[TOP:]
        if rest:
            parts.append(f"and {len(rest):,} more, with {sum(n for _, n in rest):,} articles.")
    return "\n\n".join(parts)


def _citation(plan: Plan, content_hash: str) -> str:
    key = "".join(c for c in plan.name.lower() if c.isascii() and c.isalnum()) or "dataset"
    title = plan.name.replace("\\", "").replace("{", "").replace("}", "")
    return (
        "```bibtex\n"
        f"@misc{{{key}_{plan.version.replace('.', '_')},\n"
        f"  title = {{{' '.join(title.split())}}},\n"
        f"  version = {{{plan.version}}},\n"
        f"  year = {{{plan.date[:4]}}},\n"
        f"  note = {{content hash sha256:{content_hash}}}\n"
        "}\n```"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_inline(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _inline(text: str) -> str:
    """Text that stays in its line and its cell, and is no HTML outside of `code`."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "".join(parts).replace("|", "\\|")


def _linked(text: str, link: str | None) -> str:
    return f"[{text}]({link})" if link else text


def _share(part: int, whole: int) -> str:
    """A percentage that says 100 % or 0 % only where it is exact.

    >>> _share(1, 1000), _share(999, 1000), _share(0, 5), _share(5, 5)
    ('<1 %', '>99 %', '0 %', '100 %')
    """
    if part in (0, whole):
        return "100 %" if part else "0 %"
    percent = 100 * part / whole
    if percent < 1:
        return "<1 %"
    return ">99 %" if percent > 99 else f"{percent:.0f} %"
