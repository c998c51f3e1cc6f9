"""``newsdata health`` tells a silent feed and a dead selector from a quiet day. Invented data."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

import newsdata
from newsdata.cli import run
from newsdata.errors import UsageError
from newsdata.health import Day, archive_health, assess, judge

FIRST = date(2024, 5, 1)


def history(counts, filled=None):
    """Days from FIRST on; ``filled`` are the shares of ``author``."""
    shares = filled or [1.0] * len(counts)
    return {
        FIRST + timedelta(days=n): Day(count, {"author": round(count * share)})
        for n, (count, share) in enumerate(zip(counts, shares, strict=True))
        if count
    }


def codes(counts, filled=None):
    last = FIRST + timedelta(days=len(counts) - 1)
    return [one["code"] for one in judge("a", assess(history(counts, filled), last))]


@pytest.mark.parametrize(
    ("counts", "filled", "expected"),
    [
        ([10] * 9 + [0], None, ["silent"]),
        ([10] * 9 + [3], None, []),
        ([2] * 9 + [0], None, []),
        ([10, 0, 0, 0, 0, 0, 0, 0, 0, 0], None, []),
        ([10, 10, 0], None, []),
        ([10] * 10, [0.9] * 9 + [0.0], ["vanished"]),
        ([10] * 10, [0.9] * 9 + [0.5], []),
        ([10] * 10, [0.3] * 9 + [0.0], []),
        ([100] * 10, [0.3] * 9 + [0.01], ["vanished"]),
        ([10] * 10, [0.0] * 10, []),
    ],
)
def test_what_is_told_and_what_may_be_chance(counts, filled, expected):
    assert codes(counts, filled) == expected


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("health")
    rows = []
    for n in range(10):
        day = FIRST + timedelta(days=n)
        for source, count in (("a.example", 0 if n == 9 else 6), ("b.example", 6)):
            for number in range(count):
                author = ["Ada Fable"] if source == "a.example" or n < 9 else []
                words = " ".join(f"word{n}x{number}{source[0]}{i}" for i in range(30))
                rows.append(
                    {
                        "id": f"{source}:{n}-{number}",
                        "title": f"Invented {n} {number}",
                        "text": words,
                        "source": source,
                        "timestamp": f"{day}T10:00:00+00:00",
                        "author": author,
                        "language": "en",
                    }
                )
    source = folder / "a.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    newsdata.build(source, folder / "archive")
    return folder / "archive"


def test_an_archive_tells_its_sick_sources(archive, capsys):
    told = archive_health(archive)
    found = [(one["source"], one["code"], one["field"]) for one in told["findings"]]
    assert found == [("a.example", "silent", None), ("b.example", "vanished", "author")]
    assert told["sources"]["b.example"]["fields"]["title"] == [1.0, 1.0]
    assert run(["health", "-a", str(archive), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == told
    assert run(["health", "-a", str(archive)]) == 1
    assert "a.example: silent: found no input, expected about 6" in capsys.readouterr().err


def test_the_day_before_was_well(archive, capsys):
    assert archive_health(archive, date(2024, 5, 9))["findings"] == []
    assert run(["health", "-a", str(archive), "--day", "2024-05-09"]) == 0
    assert "2024-05-09, against the 28 days before" in capsys.readouterr().out


def test_an_empty_archive_has_nothing_to_say(tmp_path):
    newsdata.Archive.create(tmp_path / "archive")
    with pytest.raises(UsageError, match="nothing to say"):
        archive_health(tmp_path / "archive")
