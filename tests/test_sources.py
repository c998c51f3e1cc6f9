"""Promises of the doors that inputs come through. All sample texts are invented."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import itertools
import json
import lzma
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.errors import SchemaError, SourceError, UsageError
from newsdata.limits import Limits
from newsdata.records import Page, Rejected
from newsdata.sources.documents import article_schema, load_schema, read_toml
from newsdata.sources.files import Input, find_inputs, printable, side_file, spooled
from newsdata.sources.kinds import sniff
from newsdata.sources.reading import Part, Reading, Task, plan, read_inputs, read_task
from newsdata.sources.sidecars import is_instant
from newsdata.sources.streams import Stream, compression

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}


def lines_of(count: int, text: str = "Дождь прошёл.") -> bytes:
    return b"".join(
        json.dumps({"id": f"x:{n}", "text": text}, ensure_ascii=False).encode() + b"\n"
        for n in range(count)
    )


def read(path: Path | str, **options: object) -> list[Page | Rejected]:
    return list(read_inputs(find_inputs([path]), Reading(**options)))


def pages(items: list[Page | Rejected]) -> list[Page]:
    return [item for item in items if isinstance(item, Page)]


def rejects(items: list[Page | Rejected]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


# -- which files ------------------------------------------------------------------------------


def test_folder_glob_and_file_give_each_file_once_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden", "a.meta.json", ".git/x.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("Новость")
    found = find_inputs([tmp_path, str(tmp_path / "*.txt"), tmp_path / "a.txt"])
    names = [os.path.relpath(one.name, tmp_path) for one in found]
    assert names == ["a.txt", "b.txt", "sub/c.txt"]
    first = find_inputs([tmp_path / "b.txt", tmp_path])
    assert os.path.basename(first[0].name) == "b.txt"
    assert len(first) == 3


def test_a_named_hidden_file_is_read_and_a_side_file_without_page_too(tmp_path: Path) -> None:
    (tmp_path / ".page").write_text("Новость")
    (tmp_path / "lonely.meta.json").write_text("{}")
    (tmp_path / "page.txt").write_text("Новость")
    (tmp_path / "page.meta.json").write_text("{}")
    assert len(find_inputs([tmp_path / ".page", tmp_path / "lonely.meta.json"])) == 2
    # What a shell makes of page.*: the side file belongs to the page.
    assert len(find_inputs([tmp_path / "page.meta.json", tmp_path / "page.txt"])) == 1


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Новость")
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    (tmp_path / "twin.txt").symlink_to(tmp_path / "in" / "a.txt")
    assert len(find_inputs([tmp_path])) == 1


def test_an_archive_beside_its_pages_is_not_read_as_pages(tmp_path: Path) -> None:
    (tmp_path / "arch" / "ledger").mkdir(parents=True)
    (tmp_path / "arch" / "newsdata.toml").write_text("")
    (tmp_path / "arch" / "ledger" / "part.txt").write_text("x")
    (tmp_path / "a.txt").write_text("Новость")
    assert len(find_inputs([tmp_path])) == 1


@pytest.mark.parametrize("bad", ["nowhere.txt", "no/*.jsonl"])
def test_a_missing_input_is_named(tmp_path: Path, bad: str) -> None:
    with pytest.raises(SourceError, match=bad.replace("*", r"\*")):
        find_inputs([str(tmp_path / bad)])


def test_names_with_glob_letters_are_files_first(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_text("Новость")
    assert len(find_inputs([str(tmp_path / "a[1].txt")])) == 1


def odd_name(folder: Path, name: bytes, content: bytes) -> str:
    """A file whose name is no UTF-8; skips where the system has no such names."""
    path = os.fsencode(folder) + b"/" + name
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    return os.fsdecode(path)


def test_names_that_are_not_utf8_are_read_and_can_be_stored(tmp_path: Path) -> None:
    by_itself = odd_name(tmp_path, b"caf\xe9.jsonl", lines_of(2))
    odd_name(tmp_path, b"caf\xe9.gz", gzip.compress(lines_of(1))[:20])
    odd_name(tmp_path, b"p\xff.txt", b"text")
    odd_name(tmp_path, b"p\xff.meta.json", b"{")
    items = read(tmp_path)
    assert {Path(item.place.path).name for item in items} == {
        "caf\\xe9.jsonl", "caf\\xe9.gz", "p\\xff.txt"
    }  # fmt: skip
    assert len(pages(items)) == 2
    for item in rejects(items):
        json.dumps(item.to_dict(), ensure_ascii=False).encode()
    assert any("p\\xff.meta.json: line 1" in item.message for item in rejects(items))
    (one,) = find_inputs([by_itself])
    assert (one.path, one.name) == (by_itself, printable(by_itself))
    assert len(find_inputs([str(tmp_path / "caf\udce9*")])) == 2


@pytest.mark.parametrize("name", ["x\udce9.txt", "x\udce9*", "x\ud800/"])
def test_a_missing_odd_name_is_named_in_words_that_can_be_printed(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        find_inputs([name])
    assert str(caught.value).encode().startswith(b"x\\")


@given(st.text(st.characters()))
def test_printable_names_can_be_stored_and_good_ones_stay(name: str) -> None:
    shown = printable(name)
    assert printable(shown) == shown == shown.encode().decode()
    try:
        name.encode()
    except UnicodeEncodeError:
        assert shown != name
    else:
        assert shown == name


def read_pipe(path: Path, content: bytes, **options: object) -> list[Page | Rejected]:
    """What a named pipe gives into which ``content`` is written once."""
    os.mkfifo(path)
    found: list[Page | Rejected] = []
    reader = threading.Thread(target=lambda: found.extend(read(path, **options)), daemon=True)
    reader.start()
    with open(path, "wb") as pipe:
        pipe.write(content)
    reader.join(20)
    assert not reader.is_alive(), "reading hangs"
    return found


@pytest.mark.parametrize("cut", [5, 300, 70_000])
def test_a_damaged_pipe_is_read_as_the_same_file_would_be(tmp_path: Path, cut: int) -> None:
    content = gzip.compress(lines_of(1, os.urandom(60_000).hex()) + lines_of(20_000))[:cut]
    (tmp_path / "file").write_bytes(content)
    piped = read_pipe(tmp_path / "pipe", content)
    filed = read(tmp_path / "file")
    assert {item.place.path for item in piped} == {str(tmp_path / "pipe")}
    for one, other in zip(piped, filed, strict=True):
        assert (one.place.offset, one.sha256) == (other.place.offset, other.sha256)
    last = piped[-1]
    assert isinstance(last, Rejected)
    assert last.code in ("truncated-stream", "bad-stream")


def test_a_pipe_has_its_side_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "pipe.meta.json").write_text('{"source": "news.example"}')
    (page,) = pages(read_pipe(tmp_path / "pipe", b"<html><p>Text</p></html>"))
    assert page.source == "news.example"


def test_pipes_and_devices_are_spooled_and_the_copies_removed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Новость")
    inputs = find_inputs([tmp_path / "a.txt", os.devnull])
    with spooled(inputs) as opened:
        assert opened[0] == inputs[0]
        assert opened[1].name == os.devnull != opened[1].path
        assert os.path.getsize(opened[1].path) == 0
    assert not os.path.exists(opened[1].path)
    assert [item.code for item in rejects(read(os.devnull))] == ["empty-file"]


def test_times_that_have_no_utc_are_no_instants() -> None:
    assert is_instant("9999-12-31T23:59:59+12:00")
    assert not is_instant("9999-12-31T23:59:59-12:00")
    assert not is_instant("0001-01-01T00:00:00+12:00")
    assert not is_instant("2024-01-01T00:00:00")


READ_STDIN = """
import os
from newsdata.sources.files import find_inputs, spooled
from newsdata.sources.reading import read_inputs
inputs = find_inputs(["-", "-"])
if SPOOLED:
    with spooled(inputs) as spool:
        for item in read_inputs(spool):
            print(item.place, item.kind)
    print(os.path.exists(spool[0].path))
else:
    for item in read_inputs(inputs):
        print(item.place, item.kind)
"""


@pytest.mark.parametrize(("spool", "after"), [("True", ["False"]), ("False", [])])
def test_standard_input_is_read_and_can_be_spooled(spool: str, after: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", READ_STDIN.replace("SPOOLED", spool)],
        input=gzip.compress(lines_of(2)),
        capture_output=True,
        check=True,
    )
    assert run.stdout.decode().splitlines() == ["-:1 record", "-:2 record", *after]


# -- streams ----------------------------------------------------------------------------------


def unpacked(content: bytes, limits: Limits | None = None) -> tuple[bytes, str | None]:
    stream = Stream(io.BytesIO(content), "test", limits)
    out = b""
    while block := stream.read(1 << 16):
        out += block
    return out, stream.fault.code if stream.fault else None


@pytest.mark.parametrize("kind", PACK)
def test_members_one_after_another_are_one_stream(kind: str) -> None:
    one, two = lines_of(5000), b"{}\n"
    packed = PACK[kind](one) + PACK[kind](two)
    assert compression(packed) == kind
    assert unpacked(packed) == (one + two, None)
    assert unpacked(packed + b"\0" * 600) == (one + two, None)


@pytest.mark.parametrize("kind", PACK)
def test_a_cut_stream_gives_what_came_before(kind: str) -> None:
    plain = os.urandom(400_000).hex().encode()
    packed = PACK[kind](plain)
    for size in (len(packed) - 1, len(packed) * 9 // 10, len(packed) // 2, 20):
        out, fault = unpacked(packed[:size])
        assert plain.startswith(out)
        assert fault == "truncated-stream"
        if kind == "gzip":  # a decoder of blocks may wait for the rest of one
            assert len(out) > len(plain) * size // len(packed) - 70_000


@pytest.mark.parametrize("kind", PACK)
def test_damage_after_small_content_loses_nothing_that_was_decoded(kind: str) -> None:
    plain = lines_of(20)
    packed = bytearray(zstd.compress(plain, options={zstd.CompressionParameter.checksum_flag: 1})
                       if kind == "zstd" else PACK[kind](plain))  # fmt: skip
    if kind in ("gzip", "zstd"):
        packed[-6 if kind == "gzip" else -2] ^= 0xFF  # the checksum at the end
        assert unpacked(bytes(packed)) == (plain, "bad-stream")
    else:
        packed[len(packed) // 2] ^= 0xFF
        out, fault = unpacked(bytes(packed))
        assert fault == "bad-stream"
        assert len(out) <= len(plain)


def test_damage_in_the_middle_of_a_large_gzip() -> None:
    plain = os.urandom(600_000).hex().encode()
    packed = bytearray(gzip.compress(plain))
    packed[400_000:400_040] = b"\xff" * 40
    out, fault = unpacked(bytes(packed))
    assert fault == "bad-stream"
    common = next(
        (n for n, (a, b) in enumerate(zip(out, plain, strict=False)) if a != b), len(out)
    )
    assert common > 400_000 * len(plain) // len(packed) - 70_000


def test_other_data_after_the_stream_is_a_fault() -> None:
    assert unpacked(gzip.compress(b"news") + b"garbage!") == (b"news", "bad-stream")


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_is_stopped(kind: str) -> None:
    limits = Limits(ratio_from=1_000_000, ratio=50)
    file = io.BytesIO(PACK[kind](b"\0" * 60_000_000))
    tracemalloc.start()
    out = 0
    stream = Stream(file, "test", limits)
    while block := stream.read(1 << 16):
        out += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    fault = stream.fault
    assert fault is not None
    assert fault.code == "too-large"
    assert out <= 3_000_000
    assert peak < 20_000_000  # xz alone takes 8 MB


@given(
    st.sampled_from(sorted(PACK)),
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
    st.integers(0, 10**6),
)
@settings(max_examples=200, deadline=None)
def test_any_damage_ends_in_bytes_and_a_verdict(
    kind: str, plain: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    packed = bytearray(PACK[kind](plain))
    for at, value in changes:
        packed[at % len(packed)] = value
    content = bytes(packed[: max(4, cut % (len(packed) + 1))])
    out, fault = unpacked(content)
    assert fault in (None, "truncated-stream", "bad-stream") or compression(content) is None
    if not changes and cut % (len(packed) + 1) == len(packed):
        assert (out, fault) == (plain, None)


# -- kinds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"<!DOCTYPE html><html>", "a.txt", "html"),
        (b"\xef\xbb\xbf\n <html lang=ru>", "", "html"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C"><html>', "", "html"),
        ("<html><p>Привет".encode("utf-16"), "", "html"),
        ("<p>Новость</p>".encode("cp1251"), "", "html"),
        (b"PHP warning\n<html><head><title>T</title></head><body><p>a</p></body>", "", "html"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>', "", "feed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>", "", "feed"),
        (b'{"id": 1}\n{"id": 2}\n', "x.txt", "jsonl"),
        (b'\xef\xbb\xbf{"id": 1}', "", "jsonl"),
        (b'{"id": 1, "te\n{"id": 2}\n', "", "jsonl"),
        (b'{"id": 1,\n{"id": 2}\n', "", "jsonl"),
        (b'oops\n{"id": 2}\n{"id": 3}\n', "", "jsonl"),
        (b'{\n  "id": 1\n}\n', "a.jsonx", "object"),
        (b'{"id": 1,\n "text": "a"}\n', "", "object"),
        (b'[\n  {"id": 1}\n]', "", "array"),
        (b'[{"id": 1}, {"id"', "", "array"),
        (b"[]", "", "array"),
        (b'["a"]\n["b"]\n', "", "jsonl"),
        ("[Фото] Мост открыт\n".encode(), "", "dump"),
        ("{Обновлено} Мост открыт\n".encode(), "", "dump"),
        ("Мост открыт\n".encode(), "a.json", "dump"),
        ("Мост открыт\n".encode("cp1251"), "", "dump"),
        ("Мост открыт\n".encode("utf-16"), "", "dump"),
        (b"title,text\na,b\n", "a.csv", "csv"),
        (b"a\tb\n", "a.tsv.gz", "tsv"),
        (b"", "", "empty"),
        (b"\xef\xbb\xbf \r\n\t", "a.jsonl", "empty"),
        (b"PAR1\x15\x04", "", "parquet"),
        (b"PK\x03\x04", "", "unknown"),
        (b"WARC/1.0\r\n", "", "warc"),
        (bytes(range(256)) * 10, "", "unknown"),
        (b"\x00" * 100, "a.jsonl", "unknown"),
        (b"not json at all\n", "a.jsonl", "jsonl"),
        (b"<html><body>Error 503</body></html>", "a.jsonl", "html"),
    ],
)
def test_the_content_decides_the_kind(content: bytes, name: str, kind: str) -> None:
    assert sniff(content, name) == kind


def test_a_forced_kind_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"not json\n")
    assert pages(read(file))[0].kind == "dump"
    assert pages(read(file, kind="jsonl"))[0].kind == "record"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.parquet", b"PAR1\x15\x04", "bad-stream"),
        ("a.txt", b"", "empty-file"),
        ("b.jsonl", b"\n \r\n", "empty-file"),
        ("c.gz", gzip.compress(b""), "empty-file"),
        ("d.gz", b"\x1f\x8b\x08\x00", "truncated-stream"),
    ],
)
def test_a_file_that_is_no_page_is_one_reject(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (item,) = read(tmp_path / name)
    assert isinstance(item, Rejected)
    assert item.code == code


# -- JSON Lines -------------------------------------------------------------------------------

MESSY = (
    "\ufeff".encode()
    + b'{"n": 1}\r\n'
    + b"\n  \r\n"
    + '{"n": "U+2028 \u2028 and U+0085 \x85 inside"}\n'.encode()
    + b'  {"n": 3}  \n'
    + b'{"n": 4\n'
    + b"\xff\xfe\n"
    + b'{"n": 6}'
)


def test_lines_and_offsets_are_true(tmp_path: Path) -> None:
    file = tmp_path / "messy.jsonl"
    file.write_bytes(MESSY)
    items = pages(read(file))
    assert [page.place.line for page in items] == [1, 4, 5, 6, 7, 8]
    assert items[0].place.offset == 3
    for page in items:
        offset, length = page.place.offset, page.place.length
        assert offset is not None
        assert length is not None
        assert MESSY[offset : offset + length] == page.content
        assert MESSY[:offset].count(b"\n") + 1 == page.place.line
        assert page.content.strip() == page.content


@pytest.mark.parametrize("kind", PACK)
def test_compressed_lines_read_the_same(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(MESSY)
    (tmp_path / "b").write_bytes(PACK[kind](MESSY))
    plain, packed = read(tmp_path / "a"), read(tmp_path / "b")
    as_values = [(p.content, p.place.line, p.place.offset, p.place.length) for p in pages(plain)]
    assert as_values == [
        (p.content, p.place.line, p.place.offset, p.place.length) for p in pages(packed)
    ]


def test_byte_ranges_give_the_same_as_one_reader(tmp_path: Path) -> None:
    file = tmp_path / "big.jsonl"
    rows = [MESSY.replace(b"\r\n", b"\n"), lines_of(30_000, "Слово за словом. " * 10), b"\n\n"]
    file.write_bytes(b"".join(rows) + b'{"last": 1}')
    inputs = find_inputs([file])
    tasks = plan(inputs, Reading(kind="jsonl"), workers=4)
    assert len(tasks) > 1
    parts = [part for task in tasks for part in task.parts]
    assert parts[0].start == 0
    assert all(a.stop == b.start for a, b in itertools.pairwise(parts))
    assert parts[-1].stop == file.stat().st_size
    whole = Task((Part(str(file), str(file)),), Reading(kind="jsonl"))
    cut = [item for task in tasks for item in read_task(pickle.loads(pickle.dumps(task)))]
    assert cut == list(read_task(whole))


@given(
    st.lists(st.one_of(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b" ")),
                       st.just(b'{"a":1}')), max_size=20),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(1, 50),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_line_is_one_item_wherever_blocks_end(
    rows: list[bytes], end: bytes, block: int
) -> None:
    from newsdata.sources.lines import read_lines

    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(block, size or 0) if size and size > 0 else block)

    content = end.join(rows)
    pieces = list(read_lines(Dripping(content), Limits(line=25)))
    start = content[3:] if content.startswith(b"\xef\xbb\xbf") else content
    expected = [row for row in start.split(b"\n") if len(row) > 25 or row.strip(b" \t\r\n")]
    assert len(pieces) == len(expected)
    for piece, row in zip(pieces, expected, strict=True):
        at = content[piece.offset : piece.offset + piece.length]
        assert content[: piece.offset].count(b"\n") + 1 == piece.line
        if piece.fault:
            assert (piece.fault.code, at) == ("line-too-long", row)
            assert piece.sha256 == hashlib.sha256(row).hexdigest()
        else:
            assert piece.content == at == row.strip(b" \t\r\n")


def test_a_line_of_50_mb_costs_no_memory_and_keeps_its_place(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    line = b'{"text": "' + b"x" * 50_000_000 + b'"}'
    file.write_bytes(b'{"n": 1}\n' + line + b'\n{"n": 3}\n')
    sha256 = hashlib.sha256(line).hexdigest()
    length = len(line)
    del line
    limits = Limits(line=1_000_000)
    tasks = plan(find_inputs([file]), Reading(limits=limits))
    tracemalloc.start()
    items = [item for task in tasks for item in read_task(task)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000
    first, long, last = items
    assert isinstance(first, Page)
    assert isinstance(last, Page)
    assert isinstance(long, Rejected)
    assert (long.code, long.sha256, long.truncated) == ("line-too-long", sha256, True)
    assert (long.place.line, long.place.offset, long.place.length) == (2, 9, length)
    assert (last.place.line, last.content) == (3, b'{"n": 3}')
    assert len(long.raw) == 65_536


def test_a_stream_cut_in_a_record_loses_only_that_record(tmp_path: Path) -> None:
    plain = lines_of(3000, "Городской праздник прошёл спокойно.")
    packed = gzip.compress(plain)
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(packed[: len(packed) // 2])
    items = read(file)
    *whole, last = items
    assert isinstance(last, Rejected)
    assert last.code == "truncated-stream"
    assert len(whole) > 1000
    assert all(isinstance(item, Page) for item in whole)
    assert last.place.offset is not None
    assert plain[last.place.offset :].startswith(last.raw)
    assert last.raw


def test_a_stream_cut_between_records_is_told_too(tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(gzip.compress(lines_of(10))[:-4])  # only the length at the end is lost
    items = read(file)
    assert len(pages(items)) == 10
    (last,) = rejects(items)
    assert (last.code, last.raw) == ("truncated-stream", b"")
    assert last.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 40_000):
        file = tmp_path / f"{count}.jsonl.gz"
        file.write_bytes(gzip.compress(lines_of(count, "Слово за словом. " * 10), 1))
        tasks = plan(find_inputs([file]))
        tracemalloc.start()
        assert sum(1 for task in tasks for _ in read_task(task)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 2 + 3_000_000


# -- arrays -----------------------------------------------------------------------------------

values = st.recursive(
    st.one_of(
        st.none(), st.integers(), st.text(max_size=8), st.sampled_from(['"]', "},{", "[\\"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(values, max_size=8), st.sampled_from([None, 0, 2]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_elements_of_an_array_stand_where_they_are_said_to(
    tmp_path_factory: pytest.TempPathFactory,
    elements: list[object],
    indent: int | None,
    ascii_only: bool,
) -> None:
    text = json.dumps(elements, indent=indent, ensure_ascii=ascii_only)
    content = text.encode("utf-8", "replace")
    file = tmp_path_factory.mktemp("array") / "a.json"
    file.write_bytes(content)
    items = read(file, kind="array")
    assert [json.loads(page.content) for page in pages(items)] == json.loads(content)
    assert len(items) == len(elements)
    for page in pages(items):
        offset, length = page.place.offset or 0, page.place.length or 0
        assert content[offset : offset + length] == page.content
        assert content[:offset].count(b"\n") + 1 == page.place.line


def contents(tmp_path: Path, text: bytes, **options: object) -> list[bytes | str]:
    file = tmp_path / "array.json"
    file.write_bytes(text)
    items = read(file, kind="array", **options)
    return [item.content if isinstance(item, Page) else item.code for item in items]


def test_damage_inside_brackets_costs_only_its_element(tmp_path: Path) -> None:
    text = b'[{"a": NaN}, {"a": \xff}, {"a": 1,}, {bare}, {"a": 2} x, {"b": 3}]'
    assert contents(tmp_path, text) == [
        b'{"a": NaN}', b'{"a": \xff}', b'{"a": 1,}', b"{bare}", b'{"a": 2} x', b'{"b": 3}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    "bad", [b'{"a": "no quote}', b'{"a": [1}', b'{"a": {"b": 1', b'{"a": "line\nbreak"}']
)
def test_lost_quotes_and_brackets_cost_one_element_where_lines_tell(
    tmp_path: Path, bad: bytes
) -> None:
    for place in (0, 1, 2):
        rows = [b'{"n": 1}', b'{"n": 2}']
        rows.insert(place, bad)
        text = b"[\n  " + b",\n  ".join(rows) + b"\n]\n"
        found = contents(tmp_path, text)
        assert found[place] == bad, (place, found)
        assert len(found) == 3


def test_lost_quotes_on_one_line_are_told(tmp_path: Path) -> None:
    found = contents(tmp_path, b'[{"n": 1}, {"a": [1}, {"n": 3}]')
    assert found == [b'{"n": 1}', "not-json"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'[{"n": 1}, ', [b'{"n": 1}', "not-json"]),
        (b'[{"n": 1}', [b'{"n": 1}', "not-json"]),
        (b'[{"n": 1}] tail', [b'{"n": 1}', "not-json"]),
        (b'[{"n": 1}, {"n": ', [b'{"n": 1}', "not-json"]),
        (b"no array", ["not-json"]),
        (b"\xef\xbb\xbf [1, null,\n \"a\"]", [b"1", b"null", b'"a"']),
    ],
)  # fmt: skip
def test_an_array_that_is_not_closed_is_told(
    tmp_path: Path, text: bytes, found: list[bytes | str]
) -> None:
    assert contents(tmp_path, text) == found


def test_an_element_beyond_the_limit_is_passed_over(tmp_path: Path) -> None:
    long = b'{"t": "' + b"y" * 3_000_000 + b'"}'
    text = b'[\n {"n": 1},\n ' + long + b',\n {"n": 3}\n]'
    found = contents(tmp_path, text, limits=Limits(line=100_000))
    assert found == [b'{"n": 1}', "line-too-long", b'{"n": 3}']


def test_a_cut_compressed_array_keeps_the_elements_before(tmp_path: Path) -> None:
    text = json.dumps([{"n": n, "t": os.urandom(200).hex()} for n in range(500)]).encode()
    packed = gzip.compress(text)
    file = tmp_path / "a.json.gz"
    file.write_bytes(packed[: len(packed) // 2])
    *whole, last = read(file)
    assert len(whole) > 150
    assert isinstance(last, Rejected)
    assert last.code == "truncated-stream"


# -- pages ------------------------------------------------------------------------------------


def test_a_page_takes_what_its_side_file_says(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("Мост открыт")
    known = {"url": "https://n.example/1", "retrieved": "2024-05-01T12:00:00Z", "source": None}
    (tmp_path / "p.meta.json").write_text(json.dumps(known))
    (page,) = pages(read(tmp_path, source="n.example", timezone="Europe/Minsk"))
    assert page.url == known["url"]
    assert page.retrieved == known["retrieved"]
    assert (page.source, page.timezone) == ("n.example", "Europe/Minsk")
    assert (page.place.line, page.place.offset, page.place.length) == (1, 0, 21)


@pytest.mark.parametrize(
    "side",
    [
        b"{", b"[]", b"null", b'{"uri": "x"}', b'{"url": 1}', b'{"url": "x"}', b"\xff",
        b'{"retrieved": "2024-05-01"}', b'{"timezone": "Minsk"}', b'{"source": " "}',
        b'{"url": "https://a.example/1", "url": "https://a.example/2"}',
    ],
)  # fmt: skip
def test_a_broken_side_file_rejects_its_page_and_no_other(tmp_path: Path, side: bytes) -> None:
    (tmp_path / "a.txt").write_text("Мост открыт")
    (tmp_path / "b.txt").write_text("Мост закрыт")
    (tmp_path / "a.meta.json").write_bytes(side)
    bad, good = read(tmp_path)
    assert isinstance(bad, Rejected)
    assert (bad.code, bad.raw) == ("bad-sidecar", "Мост открыт".encode())
    assert "a.meta.json" in bad.message
    assert isinstance(good, Page)


def test_a_page_beyond_the_limit_keeps_length_and_sha256(tmp_path: Path) -> None:
    content = b"<html>" + b"a" * 3_000_000
    (tmp_path / "p.html").write_bytes(content)
    (item,) = read(tmp_path, limits=Limits(page=2_000_000))
    assert isinstance(item, Rejected)
    assert (item.code, item.truncated) == ("too-large", True)
    assert item.sha256 == hashlib.sha256(content).hexdigest()
    assert item.place.length == len(content)


def test_a_pretty_printed_object_is_one_record(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf\n{\n  "id": 1\n}\n'
    (tmp_path / "p.json").write_bytes(content)
    (page,) = pages(read(tmp_path))
    offset, length = page.place.offset or 0, page.place.length or 0
    assert page.kind == "record"
    assert json.loads(page.content) == {"id": 1}
    assert content[offset : offset + length] == page.content
    assert page.place.line == 2


def test_small_files_share_tasks_and_keep_their_order(tmp_path: Path) -> None:
    for n in range(150):
        (tmp_path / f"{n:03}.txt").write_text(f"Новость {n}")
    (tmp_path / "100b.jsonl").write_bytes(lines_of(20_000))
    tasks = plan(find_inputs([tmp_path]))
    assert max(len(task.parts) for task in tasks) <= 64
    names = [page.place.path for task in tasks for page in read_task(task)]
    assert names == sorted(names)
    assert len(names) == 150 + 20_000


@pytest.mark.parametrize(
    "options",
    [{"url": "n.example/1"}, {"timezone": "Minsk"}, {"kind": "pdf"}],
)
def test_impossible_options_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="expected"):
        Reading(**options)  # type: ignore[arg-type]


def test_one_url_is_for_one_input() -> None:
    inputs = [Input("a", "a"), Input("b", "b")]
    with pytest.raises(UsageError, match="2 inputs"):
        plan(inputs, Reading(url="https://n.example/1"))
    with pytest.raises(UsageError):
        Limits(line=0)
    with pytest.raises(UsageError):
        Limits(depth=1000)


def test_side_file_names() -> None:
    assert side_file("x/a.b.txt") == "x/a.b.meta.json"
    with spooled([Input("a", "a")]) as inputs:
        assert inputs == [Input("a", "a")]


# -- documents --------------------------------------------------------------------------------


def test_the_article_schema_is_found_and_kept() -> None:
    assert article_schema() is article_schema()
    assert "title" in article_schema().properties


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type": }', "line 1, column 10"),
        ('{"type": "object", "type": "array"}', "'type' twice"),
        ('{"maximum": NaN}', "NaN"),
        ('{"type": "objekt"}', "objekt"),
        ("[]", "expected a JSON object"),
    ],
)
def test_a_broken_schema_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "s.json"
    file.write_text(text)
    with pytest.raises(SchemaError, match=message) as caught:
        load_schema(file)
    assert str(file) in str(caught.value)


def test_missing_documents_are_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"none\.json"):
        load_schema(tmp_path / "none.json")
    (tmp_path / "a.toml").write_text("x = ")
    with pytest.raises(SourceError, match=r"a\.toml"):
        read_toml(tmp_path / "a.toml")
