"""The parts of a card that are computed: its numbers, its fields, what was done to its inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from newsdata.exporters.facts import Facts
from newsdata.exporters.features import plain_type
from newsdata.exporters.markdown import UNSEEN, code, literal, share, table
from newsdata.exporters.plan import Described
from newsdata.exporters.tables import meaning
from newsdata.reasons import REASONS

#: How many values of a column the card lists.
TOP = 20
#: Longest text and list shown in the card's example.
SHOWN = 300
LISTED = 3


def numbers(known: Facts, images: Iterable[str]) -> str:
    """How many, how long, from whom; with the pictures."""
    lines = [
        f"- {known.rows:,} articles with {known.characters:,} characters of text",
        f"- {known.undated:,} articles without a time of publication",
    ]
    if known.lengths and known.characters:
        middle, long = known.quantile(0.5), known.quantile(0.9)
        lines.append(
            f"- half of the texts have at most {middle:,} characters, nine of ten at most {long:,}"
        )
    parts = ["\n".join(lines)]
    parts += [f"![{_caption(path)}]({path})" for path in images]
    for name, values in known.counted.items():
        if not values:
            parts.append(f"No article has a {name}.")
            continue
        parts.append(table((name, "articles"), [(literal(v), f"{n:,}") for v, n in values[:TOP]]))
        rest = values[TOP:]
        if rest:
            parts.append(f"and {len(rest):,} more, with {sum(n for _, n in rest):,} articles.")
    return "\n\n".join(parts)


def _caption(path: str) -> str:
    """``images/articles-by-month.png`` -> ``Articles by month``."""
    words = path.rpartition("/")[2].removesuffix(".png").replace("-", " ")
    return words[:1].upper() + words[1:]


# -- what was done ------------------------------------------------------------------------------


def processing(release: Described) -> str:
    """The steps from inputs to rows, each with its counts."""
    counts = {name: n for name, n in release.counts.items() if isinstance(n, int)}
    parts = [_steps(release)]
    if counts:
        parts.append(
            "What became of every distinct input:\n\n"
            + table(("outcome", "inputs"), [(name, f"{n:,}") for name, n in counts.items()])
        )
    for name, reasons in release.counts.items():
        if isinstance(reasons, Mapping) and reasons:
            rows = [(f"`{r}`", f"{n:,}", REASONS.get(r, "")) for r, n in reasons.items()]
            parts.append(f"By {name}:\n\n" + table(("code", "inputs", "what it means"), rows))
    if release.left_out:
        left = [(f"`{r}`", f"{n:,}", meaning(r)) for r, n in sorted(release.left_out.items())]
        parts.append(
            "Articles of the archive that are not in this release:\n\n"
            + table(("reason", "articles", "what it means"), left)
        )
    return "\n\n".join(parts)


def _steps(release: Described) -> str:
    settings = release.settings
    lines = [
        "1. Pages and records were read; title, text, time, authors and the other fields were "
        "taken from them, each with how it was found (`provenance`)."
        if "provenance" in release.schema.roles
        else "1. Records were read as they were given.",
        "2. What is no valid record of the schema was rejected, with a reason.",
    ]
    if "threshold" in settings:
        lines.append(f"3. {_copies(settings)}")
    if settings.get("require"):
        fields = ", ".join(f"`{name}`" for name in settings["require"])
        lines.append(f"{len(lines) + 1}. Articles that lack one of {fields} were left out.")
    return "\n".join(lines)


def _copies(settings: Mapping[str, Any]) -> str:
    threshold, ngram = settings["threshold"], settings["ngram"]
    if threshold >= 1:
        found = "Texts with the same words in the same order are copies"
    else:
        found = (
            "Texts with the same words in the same order, and those whose word "
            f"{ngram}-grams have a Jaccard similarity of {threshold:g} or more, are copies"
        )
    preferred = ", ".join(settings.get("prefer") or ())
    first = f" (those of {preferred} first)" if preferred else ""
    return f"{found}; of several copies the {settings['keep']} is kept{first}."


# -- fields -------------------------------------------------------------------------------------


def structure(release: Described) -> str:
    """The fields with their types and meanings, the splits, and one instance."""
    schema, known = release.schema, release.facts
    rows = [
        (
            code(item.name),
            plain_type(item.type),
            share(known.filled[item.name], known.rows),
            str(schema.properties[item.name].get("description", "")),
        )
        for item in schema.arrow
    ]
    order = " and ".join(
        f"`{schema.roles[role]}`" for role in ("timestamp", "id") if role in schema.roles
    )
    by = f", sorted by {order}" if order else ""
    splits = [
        (
            f"`{name}`",
            f"{rows:,}",
            f"{sum(f.startswith(f'data/{name}-') for f in release.files):,}",
        )
        for name, rows in (release.splits or {release.split: known.rows}).items()
    ]
    return (
        f"One row an article{by}.\n\n"
        + table(("split", "rows", "files"), splits)
        + "\n\n*Filled* is the share of rows in which a column is neither null nor empty.\n\n"
        + table(("field", "type", "filled", "meaning"), rows)
        + "\n\nAn instance (long texts and lists are cut here, marked …):\n\n```json\n"
        + _instance(release)
        + "\n```"
    )


def _instance(release: Described) -> str:
    row = release.schema.canonical(release.facts.example or {})
    text = json.dumps(_shortened(row), ensure_ascii=False, indent=2)
    # A fence must not end the block, nor anything turn the direction of what follows it.
    return UNSEEN.sub(_escaped, text).replace("```", r"\u0060``")


def _escaped(found: re.Match[str]) -> str:
    """A character as JSON writes it in ASCII; the line breaks between the members stay."""
    return found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}"


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= SHOWN else value[:SHOWN] + "…"
    if isinstance(value, list):
        items = [_shortened(item) for item in value[:LISTED]]
        rest = len(value) - LISTED
        return [*items, f"… {rest} more"] if rest > 0 else items
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return value
