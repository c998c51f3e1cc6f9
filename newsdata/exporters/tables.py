"""What a release says of itself for spreadsheets and for people who update: sources.csv,
removed.csv and CHANGELOG.md."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable

from newsdata.exporters.plan import Described, Since
from newsdata.reasons import REASONS
from newsdata.training.quality import RULES

SOURCES = (
    "source", "articles", "characters", "first", "last", "languages", "licenses", "tdm_reserved",
    "tdm_allowed", "free_to_read", "not_free_to_read", "signals",
)  # fmt: skip
REMOVED = ("id", "reason", "kept")

#: Reasons of removal that are no codes of reasons.py -> what they mean.
GONE = {
    "duplicate": "it repeats another article, which is kept",
    "unknown": "the archive has no article of this id",
}

#: Why an article of the archive is left out of a release prepared for training.
LEFT_OUT = {
    "leak": "its text is near, in or around one of the training side",
    "no-split": "it has no time, which the split goes by",
    "other-rubric": "its rubric is none of those asked for",
    "other-language": "its language is none of those asked for",
    "other-source": "its source is none of those asked for",
    "before-since": "it is older than asked for, or has no time",
    "after-until": "it is newer than asked for",
    "too-short": "its text is shorter than asked for",
    "too-long": "its text is longer than asked for",
    "tdm-reserved": "its publisher reserves text and data mining",
}

_TITLE = "# Changelog of the data"


def sources_csv(release: Described) -> bytes:
    """One row a source. Rights signals are counts of articles; several values stand with ``;``."""
    return csv_bytes(
        SOURCES,
        (
            (
                one.source,
                one.articles,
                one.characters,
                one.first or "",
                one.last or "",
                ";".join(one.languages),
                ";".join(one.licenses),
                one.tdm.get("reserved", 0),
                one.tdm.get("allowed", 0),
                one.free_to_read.get(True, 0),
                one.free_to_read.get(False, 0),
                ";".join(one.signals),
            )
            for one in release.facts.sources
        ),
    )


def removed_csv(since: Since) -> bytes:
    """One row for each id of the release before that users must drop."""
    return csv_bytes(REMOVED, since.removed)


def parse_removed(content: bytes) -> tuple[tuple[str, str, str], ...]:
    """``Since.removed`` back from :func:`removed_csv`."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    return tuple((id_, reason, kept) for id_, reason, kept in rows)


def csv_bytes(head: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A table as CSV, its lines ended by a line feed."""
    out = _Lines()
    # Until Python 3.13 only the characters of the end of a line are quoted: a carriage return in
    # an id would be one for readers.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return "".join(out).encode()


class _Lines(list[str]):
    """What a CSV writer writes, a row at a time, its end made a line feed."""

    def write(self, line: str) -> None:
        """Take one row."""
        self.append(line.removesuffix("\r\n") + "\n")


# -- the changelog ------------------------------------------------------------------------------


def changelog(release: Described) -> bytes:
    """CHANGELOG.md: this release on top of what the one before told."""
    heading, _, older = release.since.changelog.decode("utf-8", "replace").partition("\n")
    if heading != _TITLE:
        older = ""
    own = f"## {release.version} - {release.date}\n\n{changes(release)}"
    return "\n\n".join(filter(None, (_TITLE, own, older.strip()))).encode() + b"\n"


def before_this(content: bytes) -> bytes:
    """CHANGELOG.md as it was before the newest release was told in it; empty where that is the
    first one.

    >>> before_this(b"# Changelog of the data\\n\\n## 2\\n\\n- b\\n\\n## 1\\n\\n- a\\n")
    b'# Changelog of the data\\n\\n## 1\\n\\n- a\\n'
    """
    _, _, told = content.partition(b"\n## ")
    _, found, older = told.partition(b"\n## ")
    return f"{_TITLE}\n\n## ".encode() + older if found else b""


def changes(release: Described) -> str:
    """What this release is against the one before, as a list in Markdown."""
    since, rows = release.since, release.facts.rows
    if since.previous is None:
        return f"- First release. Holds {_articles(rows)}."
    lines = [f"- Holds {_articles(rows)}{_why(since)}."]
    if since.added:
        lines.append(f"- Added: {_articles(since.added)}.")
    if since.changed:
        lines.append(f"- Changed: {_articles(since.changed)}.")
    if since.removed:
        lines.append(f"- Withdrawn: {_articles(len(since.removed))}, listed in `removed.csv`:")
        reasons = Counter(reason for _, reason, _ in since.removed)
        lines += [f"  - {n:,} `{r}`: {meaning(r)}" for r, n in sorted(reasons.items())]
    return "\n".join(lines)


def meaning(reason: str) -> str:
    """One sentence about a reason code.

    >>> meaning("missing-timestamp")
    'it lacks timestamp, which this release requires'
    """
    if reason in GONE:
        return GONE[reason]
    if reason in LEFT_OUT:
        return LEFT_OUT[reason]
    rule = next((rule for rule in RULES if rule.name == reason), None)
    if rule is not None:
        return f"a rule of quality: {rule.meaning}"
    if reason.startswith("missing-") and reason not in REASONS:
        return f"it lacks {reason.removeprefix('missing-')}, which this release requires"
    return REASONS.get(reason, "see the documentation of newsdata")


def _why(since: Since) -> str:
    if since.step is None:
        return f", the same as in {since.previous}"
    return f"; a {since.step} step, because {since.reason}"


def _articles(count: int) -> str:
    return f"{count:,} article" + ("" if count == 1 else "s")
