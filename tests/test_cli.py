"""The command line as a user meets it: exit codes, streams, errors without tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsdata.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
SEED = DATA / "pages" / "belta-572564-2023.txt"


def run(*arguments, stdin: bytes = b"", cwd=None, env=None):
    """The real program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "newsdata", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        timeout=120,
        check=False,
    )


def modules_after(*arguments, stdin: bytes = b"") -> set[str]:
    """The modules that a command has imported when it ends."""
    code = (
        "import sys; from newsdata.cli import run; run(sys.argv[1:]);"
        "sys.stdout.flush(); print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], input=stdin, capture_output=True, check=True
    )
    return set(done.stderr.decode().split())


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "archive"
    done = run("build", DATA / "pages", DATA / "records", "--archive", path, "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert run("release", "1.0.0", "-a", path).returncode == 0
    return path


HEAVY = {"datasets", "pandas", "deltalake", "trafilatura"}


def test_help_imports_nothing_heavy():
    loaded = modules_after("--help")
    assert not loaded & (HEAVY | {"pyarrow", "numpy", "jsonschema", "jsonschema_rs", "rich"})


def test_validating_one_record_imports_nothing_heavy():
    loaded = modules_after("validate", "-", stdin=b'{"id": "a", "title": "T", "text": "x"}\n')
    assert not loaded & (HEAVY | {"pyarrow", "numpy"})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_examples(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert b"Examples:" in done.stdout
    assert f"newsdata {command}".encode() in done.stdout


def test_build_counts_add_up_in_json(tmp_path):
    done = run("build", DATA / "pages", DATA / "records", "-a", tmp_path / "a", "--json")
    summary = json.loads(done.stdout)
    parts = ("articles", "duplicates", "rejected", "withheld", "unchanged")
    assert summary["read"] == sum(summary[p] for p in parts) == 24
    assert done.stderr == b"", "silent where stderr is no terminal and --json is asked for"


def test_a_second_build_is_all_unchanged(archive):
    done = run("build", DATA / "pages", DATA / "records", "-a", archive, "--json")
    summary = json.loads(done.stdout)
    assert (summary["unchanged"], summary["batch"]) == (summary["read"], None)


def test_people_on_stderr_and_the_path_on_stdout(archive):
    done = run("release", "1.0.0", "-a", archive)
    assert done.stdout.decode().strip() == str(archive / "releases" / "1.0.0")
    assert "was there already with the same content" in done.stderr.decode()


def test_release_without_version_proposes_and_seals_nothing(archive):
    done = run("release", "-a", archive)
    assert done.returncode == 0
    assert done.stdout == b"1.0.0\n"
    assert b"nothing changed" in done.stderr
    assert [p.name for p in (archive / "releases").iterdir() if p.is_dir()] == ["1.0.0"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["bulid"], 2, "Did you mean 'build'?"),
        (["build", "x", "--archiv", "y"], 2, "--archive"),
        (["build"], 2, "SOURCE..."),
        (["build", "no-such-file.txt", "-a", "a"], 3, "no-such-file.txt: no such file or folder"),
        (["build", "nothing-*.txt", "-a", "a"], 3, "no file matches"),
        (["build", "-", "-a", "a", "--timezone", "Mars/Base"], 2, "Mars/Base"),
        (["build", "-", "-a", "a", "--map", "tilte=headline"], 2, "title"),
        (["build", "-", "-a", "a", "--now", "yesterday"], 2, "expected a time"),
        (["log"], 2, "--archive DIR"),
        (["log", "-a", "nowhere"], 3, "there is no archive here"),
        (["show", "x", "-a", "nowhere"], 3, "there is no archive here"),
        (["verify", "nowhere"], 3, "there is no archive here"),
        (["init", "new", "--set", "kepp=latest"], 2, "unknown setting 'kepp'"),
        (["init", "new", "--set", "keep=best"], 2, "earliest, latest or longest"),
        (["init", "new", "--set", "keep"], 2, "expected NAME=VALUE"),
        (["schema", "--file", "no.json"], 3, "no.json"),
        (["validate", "no.jsonl"], 3, "no.jsonl"),
        (["validate", "-", "-o", "-", "--json"], 2, "exclude each other"),
    ],
)
def test_wrong_use_is_told_in_words(tmp_path, arguments, code, words):
    done = run(*arguments, cwd=tmp_path, stdin=b"{}")
    assert done.returncode == code, done.stderr.decode()
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_bug_of_ours_exits_70_without_a_traceback(monkeypatch, capsys):
    import newsdata.reports
    from newsdata.cli import run as run_here

    def broken(path):
        raise RuntimeError("wires crossed")

    monkeypatch.setattr(newsdata.reports, "archive_log", broken)
    assert run_here(["log", "-a", "x"]) == 70
    said = capsys.readouterr().err
    assert "RuntimeError: wires crossed" in said
    assert "Traceback" not in said


def test_head_ends_quietly(archive):
    program = f"{sys.executable} -m newsdata stats -a {archive} --json"
    done = subprocess.run(
        ["bash", "-c", f"for i in 1 2 3; do {program}; done | head -c 1; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode in (0, 141)


def test_extract_the_seed_page():
    done = run("extract", SEED)
    record = json.loads(done.stdout)
    assert record["id"] == "belta-ru:572564"
    assert record["timestamp"] == "2023-06-19T12:54:00+03:00"
    assert record["photographer"] == ["Максим Гучек"]


def test_extract_from_stdin_with_a_url():
    url = "https://belta.by/politics/view/imja-7-2023"
    done = run("extract", "-", "--url", url, stdin=SEED.read_bytes())
    assert json.loads(done.stdout)["id"] == "belta-ru:7"


def test_validate_says_where_and_what(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "a", "title": "T", "text": "x"}\n{"id": 5}\n', encoding="utf-8")
    done = run("validate", bad)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert done.stdout == b""
    assert f"{bad}:2 /id: wrong-type" in said
    assert f"{bad}:2 /text: empty-text" in said
    assert "1 valid, 1 rejected" in said


def test_validate_writes_good_and_bad(tmp_path):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    line = b'{"id":"a", "title": "T",  "text":"x"}'
    broken = b'{"id": "\xff"}'
    done = run("validate", "-", "-o", good, "--rejects", bad, stdin=line + b"\n" + broken + b"\n")
    assert done.returncode == 1
    assert good.read_bytes() == line + b"\n"
    reject = json.loads(bad.read_text())
    assert (reject["code"], reject["line"], reject["offset"]) == ("invalid-utf8", 2, len(line) + 1)
    assert reject["raw_encoding"] == "base64"


def test_validate_good_records_is_quiet_and_exits_0():
    done = run("validate", DATA / "records" / "good.jsonl", "--json")
    assert json.loads(done.stdout)["rejected"] == 0
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_empty_file_is_told(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    done = run("build", empty, "-a", tmp_path / "a", "--json")
    assert json.loads(done.stdout)["reasons"] == {"empty-file": 1}
    assert run("validate", empty).returncode == 1


def test_inside_an_archive_it_is_found(archive):
    done = run("stats", "--json", cwd=archive / "releases" / "1.0.0")
    assert done.returncode == 0, done.stderr.decode()
    stats = json.loads(done.stdout)
    assert stats["rubric"]["Политика"] == 1
    assert stats["photographer"]["Максим Гучек"] == 1


def test_the_archive_from_the_environment(archive, tmp_path):
    done = run("log", "--json", cwd=tmp_path, env={"NEWSDATA_ARCHIVE": str(archive)})
    assert [b["batch"] for b in json.loads(done.stdout)["batches"]] == [1]


def test_show_tells_the_whole_story(archive):
    shown = json.loads(run("show", "gazette:1", "-a", archive, "--json").stdout)
    assert shown["record"]["title"].startswith("Corrected:")
    assert sorted(e["outcome"] for e in shown["events"]) == ["article", "revision"]
    copy = json.loads(run("show", "mirror:77", "-a", archive, "--json").stdout)
    assert copy["state"] == {"outcome": "duplicate", "of": "vestnik:2", "reason": None}
    kept = run("show", "vestnik:2", "-a", archive)
    assert "copy: mirror:77" in kept.stdout.decode()
    unknown = run("show", "vestnik:99", "-a", archive)
    assert unknown.returncode == 2
    assert "no article has the id" in unknown.stderr.decode()


def test_settings_say_where_they_come_from(archive):
    done = run("settings", "-a", archive, "--json", env={"NEWSDATA_TIMEZONE": "Asia/Almaty"})
    found = json.loads(done.stdout)
    assert found["timezone"] == {"value": "Asia/Almaty", "from": "NEWSDATA_TIMEZONE"}
    assert found["keep"] == {"value": "earliest", "from": "newsdata.toml"}


def test_verify_names_what_is_damaged(archive, tmp_path):
    import shutil

    assert run("verify", archive).returncode == 0
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy)
    shard = next((copy / "releases" / "1.0.0" / "data").iterdir())
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    done = run("verify", copy)
    assert done.returncode == 1
    assert shard.name in done.stdout.decode()
    part = next((copy / "ledger").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-9])
    done = run("verify", copy, "--json")
    assert done.returncode == 1
    assert any(part.name in f["file"] for f in json.loads(done.stdout)["findings"])


def test_a_regular_output_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("before")
    done = run("extract", tmp_path / "missing.txt", "-o", target)
    assert done.returncode == 3
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]


def test_dry_run_makes_no_archive(tmp_path):
    done = run("build", SEED, "-a", tmp_path / "a", "--dry-run", "--json")
    assert json.loads(done.stdout)["articles"] == 1
    assert not (tmp_path / "a").exists()


def test_schema_forms(tmp_path):
    assert json.loads(run("schema", "--json").stdout)["title"] == "News article"
    assert b"timestamp: timestamp[us, tz=UTC]" in run("schema", "--arrow").stdout
    assert "rubric" in run("schema").stdout.decode()
    assert b"embargo" in run("schema", "--codes").stdout
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"type": "strin"}')
    done = run("schema", "--file", wrong)
    assert done.returncode == 3
    assert "strin" in done.stderr.decode()
