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


@pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", ()), reason="another C library"
)
@pytest.mark.parametrize("command", ["release", "verify"])
def test_buffers_grow_in_place_unless_the_environment_says_otherwise(archive, command):
    code = (
        "import sys; from newsdata.cli import run; run(sys.argv[1:]);"
        "import pyarrow as pa; print('pool', pa.default_memory_pool().backend_name)"
    )
    for told, expected in ((None, "system"), ("mimalloc", "mimalloc")):
        env = {k: v for k, v in os.environ.items() if k != "ARROW_DEFAULT_MEMORY_POOL"}
        if told:
            env["ARROW_DEFAULT_MEMORY_POOL"] = told
        done = subprocess.run(
            [sys.executable, "-c", code, command, "-a", str(archive)],
            capture_output=True,
            text=True,
            env=env,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == f"pool {expected}"


HEAVY = {"datasets", "pandas", "deltalake", "trafilatura"}


def test_help_imports_nothing_heavy():
    loaded = modules_after("--help")
    assert not loaded & (HEAVY | {"pyarrow", "numpy", "jsonschema", "jsonschema_rs", "rich"})


def test_validating_one_record_imports_nothing_heavy():
    loaded = modules_after("validate", "-", stdin=b'{"id": "a", "title": "T", "text": "x"}\n')
    assert not loaded & (HEAVY | {"pyarrow", "numpy"})


@pytest.mark.parametrize("arguments", [["stats", "-a"], ["schema", "features"]])
def test_commands_do_without_pandas_where_datasets_does_not_need_it(archive, arguments):
    ours = arguments[0] == "stats"
    code = (
        "import sys; sys.argv[0] = 'newsdata'\nfrom newsdata.cli import main\n"
        "try: main()\nfinally: print('pandas' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *arguments, *([str(archive)] if ours else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr.split()[-1] == str(not ours)


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
        (["build", "-", "-a", "a", "--now", "9999-12-31T23:59:59-12:00"], 2, "expected a time"),
        (["build", "-", "-a", "a", "--now", "0001-01-01T00:00:00+01:00"], 2, "expected a time"),
        (["init", "new", "--set", "name=a\x1bb"], 2, "without control characters"),
        (["log"], 2, "--archive DIR"),
        (["log", "-a", "nowhere"], 3, "there is no archive here"),
        (["show", "x", "-a", "nowhere"], 3, "there is no archive here"),
        (["verify", "nowhere"], 3, "there is no archive here"),
        (["verify", str(SEED)], 3, "found a file, an archive is a directory"),
        (["stats", "-a", str(SEED)], 3, "found a file, an archive is a directory"),
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


def test_too_little_memory_is_no_bug(monkeypatch, capsys):
    import newsdata.reports
    from newsdata.cli import run as run_here

    def greedy(path):
        bytearray(1 << 62)

    monkeypatch.setattr(newsdata.reports, "archive_log", greedy)
    assert run_here(["log", "-a", "x"]) == 3
    assert capsys.readouterr().err.startswith("newsdata: not enough memory")


def test_a_panic_of_a_dependency_exits_70_too(monkeypatch, capsys):
    import newsdata.reports
    from newsdata.cli import run as run_here

    class PanicException(BaseException):  # as pyo3 makes it: no Exception
        pass

    def broken(path):
        raise PanicException("index out of bounds\x1b[2J")

    monkeypatch.setattr(newsdata.reports, "archive_log", broken)
    assert run_here(["log", "-a", "x"]) == 70
    said = capsys.readouterr().err
    assert "PanicException: index out of bounds\\x1b[2J" in said
    assert "Please report it" in said
    assert "Traceback" not in said


# -- names and words that are not what they should be -------------------------------------------

ODD = "caf\udce9"  # the byte E9 alone, as Python hands it on


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["show", ODD, "-a", "a"], "ID"),
        (["show", "x", "-a", ODD], "--archive"),
        (["build", "-", f"--archive={ODD}"], "--archive"),
        (["add", "-", "-a", ODD], "--archive"),
        (["init", "a", "--set", f"name={ODD}"], "--set"),
        (["init", ODD], "DIR"),
        (["verify", ODD], "[DIR]"),
        (["release", ODD, "-a", "a"], "VERSION"),
        (["stats", "--by", ODD, "-a", "a"], "--by"),
        (["build", "-", "-a", "a", "--map", f"title={ODD}"], "--map"),
        (["extract", "-", "--source", ODD], "--source"),
        ([ODD], "No such command"),
        (["log", f"--{ODD}"], "No such option"),
        (["log", ODD], "BATCH"),
    ],
)
def test_arguments_that_are_not_utf8_are_wrong_use(
    tmp_path, monkeypatch, capsys, arguments, named
):
    from newsdata.cli import run as run_here

    monkeypatch.chdir(tmp_path)
    assert run_here(arguments) == 2
    said = capsys.readouterr().err
    assert named in said
    assert "caf" in said
    said.encode()
    assert not list(tmp_path.iterdir())


def run_bytes(*arguments):
    program = [sys.executable, "-m", "newsdata", *map(os.fsencode, arguments)]
    return subprocess.run(program, capture_output=True, timeout=120, check=False)


def test_bytes_of_an_argument_that_are_not_utf8_are_told():
    done = run_bytes("show", ODD)
    assert done.returncode == 2
    assert b"Invalid value for 'ID': found 'caf\\xe9', expected UTF-8" in done.stderr


@pytest.fixture
def odd_file(tmp_path) -> str:
    """A file of one good and one bad record; its name is no UTF-8."""
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.jsonl")
    good = b'{"id": "a", "title": "T", "text": "x", "timestamp": "2024-01-01T00:00:00Z"}\n'
    try:
        with open(path, "wb") as file:
            file.write(good + b'{"id": 5}\n')
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    return os.fsdecode(path)


@pytest.mark.parametrize("by_folder", [False, True])
def test_a_file_name_that_is_not_utf8_stops_no_build(odd_file, tmp_path, by_folder):
    source = str(tmp_path) if by_folder else odd_file
    archive = str(tmp_path / "archive")
    done = run_bytes("build", source, "-a", archive, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["read"] == 2
    log = json.loads(run("log", "1", "-a", archive, "--json").stdout)
    names = {Path(item["path"]).name for item in log["inputs"]}
    assert names == {"caf\\xe9.jsonl"}
    assert b"caf\\xe9.jsonl" in run("log", "1", "-a", archive).stdout
    assert b"caf\\xe9.jsonl" in run("show", "a", "-a", archive).stdout


def test_files_to_read_and_write_may_have_any_name(odd_file):
    done = run_bytes("validate", odd_file, "-o", odd_file + ".good", "--rejects", odd_file + ".")
    assert done.returncode == 1
    assert b"caf\\xe9.jsonl:2 /id: wrong-type" in done.stderr
    assert os.path.getsize(odd_file + ".good") > 50
    with open(odd_file + ".", "rb") as file:
        assert json.loads(file.read())["path"].endswith("caf\\xe9.jsonl")
    done = run_bytes("extract", odd_file, odd_file + "gone")
    assert (done.returncode, b"gone: no such file" in done.stderr) == (3, True)


def test_a_pipe_with_a_cut_stream_is_read_to_its_end(tmp_path):
    import gzip

    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(os.urandom(5000))[:3000])
    program = f"{sys.executable} -m newsdata validate <(cat {cut}) --json"
    done = subprocess.run(["bash", "-c", program], capture_output=True, timeout=60, check=False)
    assert json.loads(done.stdout)["rejected"] == 1
    build = f"{sys.executable} -m newsdata build <(cat {cut}) -a {tmp_path / 'a'} --json"
    done = subprocess.run(["bash", "-c", build], capture_output=True, timeout=60, check=False)
    assert json.loads(done.stdout)["rejected"] == 1, done.stderr


# -- what reaches a terminal --------------------------------------------------------------------

EVIL = "\x1b]0;owned\x07"
C1 = "\x9b2J"


def on_terminal(*arguments, width: int = 120) -> tuple[int, str]:
    """Exit code, and all that the program writes where both its outputs are a terminal."""
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": str(width), "PYTHONIOENCODING": "utf-8"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave, env=env
    ) as process:
        os.close(slave)
        written = b""
        while True:
            try:
                block = os.read(master, 65536)
            except OSError:  # the terminal's other end is closed
                break
            if not block:
                break
            written += block
    os.close(master)
    return process.returncode, written.decode()


@pytest.fixture(scope="module")
def evil(tmp_path_factory) -> Path:
    """An archive whose ids, file names and messages hold what terminals obey."""
    folder = tmp_path_factory.mktemp("evil")
    records = folder / f"in{EVIL}{C1}.jsonl"
    good = {"id": f"a{EVIL}{C1}", "title": f"T{EVIL}", "text": f"x{C1}", "author": [f"A{EVIL}"]}
    with records.open("w", encoding="utf-8") as file:
        for item in (good, {**good, "id": "b", "timestamp": f"2024{EVIL}{C1}"}):
            file.write(json.dumps(item) + "\n")
    assert run("build", folder, "-a", folder / "archive").returncode == 0
    return folder


def commands_on(evil: Path) -> list[list[str]]:
    archive, source = str(evil / "archive"), str(next(evil.glob("*.jsonl")))
    ids = [
        item["id"]
        for item in json.loads(run("log", "1", "-a", archive, "--json").stdout)["inputs"]
        if item["id"]
    ]
    return [
        ["log", "-a", archive],
        ["log", "1", "-a", archive],
        *(["show", id_, "-a", archive] for id_ in ids),
        ["show", f"unknown{EVIL}{C1}", "-a", archive],
        ["show", f"--unknown{EVIL}{C1}", "-a", archive],
        ["stats", "-a", archive],
        ["stats", "-a", f"{archive}{EVIL}{C1}"],
        ["validate", source],
        ["extract", source],
        ["build", source, "-v", "-a", str(evil / "archive"), "--refresh"],
    ]


def test_control_characters_never_reach_a_pipe(evil, capfdbinary):
    from newsdata.cli import run as run_here

    seen = b""
    for arguments in commands_on(evil):
        code = run_here(arguments)
        both = b"".join(capfdbinary.readouterr())
        assert code in (0, 1, 2, 3), both
        assert b"\x1b" not in both, arguments
        assert b"\x07" not in both, arguments
        if arguments[0] != "extract":  # whose output is JSON Lines
            assert "\x9b".encode() not in both, arguments
        seen += both
    assert b"\\x1b]0;owned\\x07\\x9b2J" in seen
    for arguments in commands_on(evil)[:3]:
        assert run_here([*arguments, "--json"]) == 0
        assert capfdbinary.readouterr().out.decode().rstrip("\n").isprintable()


def test_control_characters_of_data_never_reach_a_terminal(evil):
    log, inputs, show, *_, validate, _, _ = commands_on(evil)
    for arguments in (log, inputs, show, validate):
        _, written = on_terminal("-m", "newsdata", *arguments)
        assert "\x1b]" not in written, arguments
        assert "\x07" not in written
        assert "\x9b" not in written


def test_a_long_cell_widens_no_other_row_of_a_pipe(capsys):
    from newsdata.cli.common import table

    long = "x" * 5000
    table(
        ("path", "n", "why"), [("a", 1, "[red]b[/red]"), (long, 22, "two\nlines\t")], title="[b]"
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "[b]", "path   n  why", "a      1  [red]b[/red]", f"{long}  22  two\\nlines\\t"
    ]  # fmt: skip


def test_a_long_cell_is_folded_on_a_terminal_and_nothing_is_markup():
    program = (
        "from newsdata.cli.common import table;"
        "table(('path', 'why'), [('x' * 300, '[red]b[/red]')], title='[b]t')"
    )
    code, written = on_terminal("-c", program, width=60)
    assert code == 0
    assert written.count("x") == 300
    assert "[red]b[/red]" in written
    assert "[b]t" in written
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    assert max(map(len, plain.splitlines())) <= 60


# -- a copy beside the article that is kept -----------------------------------------------------

SHOWN = """
import sys
import newsdata.reports
from newsdata.cli import run

def history(path, id_):
    record = {"id": id_, "title": "Парад", "text": LEFT}
    kept = {"id": "a:1", "record": KEPT}
    state = {"outcome": "duplicate", "of": "a:1", "reason": None, "relation": "near",
             "score": 0.8125}
    return {"id": id_, "state": state, "record": record, "copies": [], "events": [], "kept": kept,
            "roles": {"text": "text"}}

newsdata.reports.article_history = history
sys.exit(run(["show", "b:2", "-a", "x", *sys.argv[1:]]))
"""
LEFT = "В Минске сегодня прошёл парад.\nМного людей."
RIGHT = "В Минске вчера прошёл парад.\nМного людей.\nДождя не было.\x1b[2J"


def shown(kept: object) -> str:
    return SHOWN.replace("LEFT", repr(LEFT)).replace("KEPT", repr(kept))


def show_in_pipe(kept: object, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", shown(kept), *options],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    return done.stdout.decode()


def test_show_of_a_copy_says_how_it_differs():
    said = show_in_pipe({"text": RIGHT})
    assert "b:2: duplicate of a:1 (near, similarity 0.812)" in said
    differences = said[said.index("--- b:2") :].splitlines()
    assert differences[:7] == [
        "--- b:2",
        "+++ a:1",
        "- В Минске [-сегодня-] прошёл парад.",
        "+ В Минске {+вчера+} прошёл парад.",
        "  Много людей.",
        "+ Дождя не было.\\x1b[2J",
        "",
    ]
    assert json.loads(show_in_pipe({"text": RIGHT}, "--json"))["kept"]["id"] == "a:1"


def test_show_of_a_copy_word_for_word_or_of_a_withheld_article():
    assert "a:1 has the same text, word for word." in show_in_pipe({"text": LEFT})
    said = show_in_pipe(None)
    assert "---" not in said
    assert "word for word" not in said


def test_show_of_a_copy_stands_side_by_side_on_a_terminal():
    code, written = on_terminal("-c", shown({"text": RIGHT}), width=100)
    assert code == 0
    assert "\x1b[2J" not in written
    row = next(line for line in written.splitlines() if "сегодня" in line and "вчера" in line)
    assert "\x1b[1;31mсегодня" in row
    assert "\x1b[1;32mвчера" in row
    assert row.index("сегодня") < row.index("вчера")
    assert any("b:2" in line and "a:1 (kept)" in line for line in written.splitlines())


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
    assert (copy["state"]["outcome"], copy["state"]["of"]) == ("duplicate", "vestnik:2")
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
