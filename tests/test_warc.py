"""WARC files become pages, every record with its outcome. All sample texts are invented."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsdata
from newsdata.extractors.extract import extract_page
from newsdata.limits import Limits
from newsdata.records import Article, Page, Rejected
from newsdata.sources.files import find_inputs
from newsdata.sources.http import parse_response
from newsdata.sources.reading import Reading, read_inputs
from newsdata.sources.reservations import matches, parse_robots
from newsdata.sources.streams import Stream
from newsdata.sources.warc import MAGIC, read_records

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "warc").is_dir(), reason="the real files are not beside the clone"
)


def page_of(number: int, words: str = "Вода у мосту спала.") -> bytes:
    body = f"Выдуманная заметка номер {number}. {words} " * 8
    return (
        f"<!doctype html><html lang=ru><head><meta charset=utf-8><title>Заметка {number}</title>"
        '<meta property="article:published_time" '
        f'content="2024-05-0{number % 9 + 1}T10:00:00+03:00">'
        f"</head><body><article><h1>Заметка {number}</h1><p>{body}</p></article></body></html>"
    ).encode()


def digest_of(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


def record(
    kind: str, block: bytes, url: str | None = None, number: int = 0, **headers: str
) -> bytes:
    said = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012}>",
        "WARC-Date": f"2024-05-10T12:00:{number % 60:02}Z",
        "Content-Length": str(len(block)),
    }
    if url:
        said["WARC-Target-URI"] = url
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items() if value)
    return f"WARC/1.1\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def http(content: bytes, *headers: str, status: int = 200, media: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {media}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def response(number: int, content: bytes | None = None, *headers: str, **said: str) -> bytes:
    block = http(page_of(number) if content is None else content, *headers)
    return record("response", block, f"https://news.example/{number}", number, **said)


def pieces(count: int = 4) -> list[bytes]:
    info = record("warcinfo", b"software: invented\r\n")
    return [info, *(response(number) for number in range(1, count + 1))]


def lz4_of(content: bytes) -> bytes:
    import lz4.frame

    return bytes(lz4.frame.compress(content, content_checksum=True))


def zst_of(content: bytes) -> bytes:
    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})


PACK = {"gz": gzip.compress, "zst": zst_of, "lz4": lz4_of}


def read(path: Path, content: bytes, **options: object) -> list[Page | Rejected]:
    path.write_bytes(content)
    return list(read_inputs(find_inputs([path]), Reading(**options)))


def codes(items: list[Page | Rejected]) -> list[str]:
    return [item.code if isinstance(item, Rejected) else item.kind for item in items]


def numbers(items: list[Page | Rejected]) -> list[str]:
    return [i.url.rpartition("/")[2] for i in items if isinstance(i, Page) and i.url]


@pytest.mark.parametrize("form", ["plain", "gz", "zst", "lz4", "gz whole", "zst dictionary"])
def test_all_forms_give_the_same_pages(tmp_path: Path, form: str) -> None:
    parts = pieces()
    if form == "plain":
        content = b"".join(parts)
    elif form == "gz whole":
        content = gzip.compress(b"".join(parts))
    elif form == "zst dictionary":
        samples = [response(number) for number in range(500)]
        dictionary = zstd.train_dict(samples, 4000)
        raw = dictionary.dict_content
        frames = [zstd.compress(part, zstd_dict=dictionary) for part in parts]
        content = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(raw)) + raw + b"".join(frames)
    else:
        content = b"".join(map(PACK[form], parts))
    path = tmp_path / "crawl.warc"
    items = read(path, content)
    assert numbers(items) == ["1", "2", "3", "4"]
    first = items[0]
    assert isinstance(first, Page)
    assert first.content == page_of(1)
    assert first.retrieved == "2024-05-10T12:00:01Z"
    assert first.place.path == f"{path}#urn:uuid:00000000-0000-4000-8000-000000000001"
    assert first.place.offset == len(parts[0])


def test_standard_input_is_read_like_a_file(tmp_path: Path) -> None:
    content = b"".join(map(gzip.compress, pieces()))
    command = [sys.executable, "-m", "newsdata", "extract", "-"]
    done = subprocess.run(command, input=content, capture_output=True, check=True, timeout=60)
    titles = [json.loads(line)["title"] for line in done.stdout.splitlines()]
    assert titles == [f"Заметка {number}" for number in range(1, 5)]


# -- damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(PACK))
@pytest.mark.parametrize("broken", [0, 1, 2, 4])
@pytest.mark.parametrize("where", [0.1, 0.3, 0.9])
def test_one_damaged_member_costs_one_record(
    tmp_path: Path, form: str, broken: int, where: float
) -> None:
    members = [bytearray(PACK[form](part)) for part in pieces()]
    member = members[broken]
    start = int(where * (len(member) - 8))
    for at in range(start, min(start + 8, len(member))):
        member[at] ^= 0xA5
    items = read(tmp_path / f"crawl.warc.{form}", b"".join(members))
    expected = [str(number) for number in range(1, 5) if number != broken]
    assert numbers(items) == expected
    assert len(items) == len(expected) + 1


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_ends_the_reading(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    parts = pieces()
    if data.draw(st.booleans()):
        parts = [gzip.compress(part) for part in parts]
    content = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[at : at + length] = data.draw(st.binary(max_size=40))
    path = tmp_path_factory.mktemp("fuzz") / "crawl.warc"
    items = read(path, bytes(content))
    assert items
    assert all(isinstance(item, Page | Rejected) for item in items)


@pytest.mark.parametrize("said", [10, 4000, 10**9, 10**14, -5, "x", ""])
@pytest.mark.parametrize("pack", [None, gzip.compress])
def test_a_wrong_length_costs_one_record(tmp_path: Path, said: object, pack) -> None:
    parts = pieces()
    parts[2] = response(2, Content_Length=str(said))
    content = b"".join(map(pack, parts) if pack else parts)
    items = read(tmp_path / "crawl.warc", content)
    if pack is None and said == 10**9:
        # Too long to hold, and passed over as far as it says: the file is then at its end.
        assert numbers(items) == ["1"]
    elif pack is None and said == 10**14:
        assert numbers(items) == ["1"]
    else:
        assert numbers(items) == ["1", "3", "4"]
    assert len(rejected := [i for i in items if isinstance(i, Rejected)]) == 1
    assert rejected[0].code in ("bad-record", "too-large")


def test_a_page_that_holds_a_warc_is_one_page(tmp_path: Path) -> None:
    inside = b"<html><pre>\r\n\r\n" + response(7) + b"</pre></html>"
    items = read(tmp_path / "crawl.warc", response(1, inside) + response(2))
    assert numbers(items) == ["1", "2"]
    assert items[0].content == inside


def test_a_record_beyond_the_limit_is_rejected_and_the_rest_read(tmp_path: Path) -> None:
    big = response(1, b"<html>" + b"x" * 300_000)
    items = read(tmp_path / "a.warc", big + response(2), limits=Limits(page=100_000))
    assert codes(items) == ["too-large", "html"]
    assert items[0].place.length == len(big) - 4
    assert items[0].sha256 == hashlib.sha256(big[:-4]).hexdigest()


def test_a_file_that_is_cut_gives_what_is_whole(tmp_path: Path) -> None:
    content = b"".join(map(gzip.compress, pieces()))
    assert codes(read(tmp_path / "a.warc.gz", content[:-60])) == [
        *["html"] * 3,
        "truncated-stream",
    ]
    plain = b"".join(pieces())
    assert codes(read(tmp_path / "b.warc", plain[:-60])) == [*["html"] * 3, "bad-record"]


def test_other_bytes_between_members_are_told(tmp_path: Path) -> None:
    members = [gzip.compress(part) for part in pieces(2)]
    items = read(tmp_path / "a.warc.gz", members[0] + members[1] + b"rubbish" + members[2])
    assert sorted(codes(items)) == ["bad-stream", "html", "html"]


def test_wrong_digests_are_told_and_no_digest_is_none(tmp_path: Path) -> None:
    good = digest_of(page_of(1))
    items = read(
        tmp_path / "a.warc",
        response(1, WARC_Payload_Digest=good)
        + response(2, WARC_Payload_Digest=good)
        + response(3, WARC_Block_Digest=digest_of(http(page_of(3))), WARC_Payload_Digest=good)
        + response(4, WARC_Payload_Digest="sha1:nonsense"),
    )
    assert codes(items) == ["html", "bad-digest", "html", "html"]
    assert dict(items[0].extra) == {"warc_payload_digest": good}


def test_a_file_without_pages_says_so(tmp_path: Path) -> None:
    assert codes(read(tmp_path / "a.warc", pieces()[0])) == ["no-pages"]


# -- HTTP --------------------------------------------------------------------------------------


def in_chunks(content: bytes, size: int = 100) -> bytes:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


def brotli_of(content: bytes) -> bytes:
    import brotli

    return brotli.compress(content)


ENCODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli_of,
    "zstd": zstd.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("name", sorted(ENCODINGS))
@pytest.mark.parametrize("chunked", [False, True])
def test_the_content_is_what_the_headers_stand_for(name: str, chunked: bool) -> None:
    content = page_of(1)
    sent = ENCODINGS[name](content)
    headers = [f"Content-Encoding: {name}"]
    if chunked:
        sent, headers = in_chunks(sent), [*headers, "Transfer-Encoding: chunked"]
    found = parse_response(http(sent, *headers), 10**6)
    assert found.content == content
    assert found.fault is None
    # A crawler that undid both and kept the headers.
    assert parse_response(http(content, *headers), 10**6).content == content
    if name != "identity":
        content *= 200
        sent = ENCODINGS[name](content)
        sent = in_chunks(sent) if chunked else sent
        assert parse_response(http(sent, *headers), 1000).fault.code == "bad-encoding"
        cut = parse_response(http(sent[:-20], *headers), 10**6)
        assert cut.fault is not None
        assert cut.fault.code == "bad-encoding"


def test_the_charset_of_the_header_is_used(tmp_path: Path) -> None:
    content = page_of(1).decode().replace("<meta charset=utf-8>", "").encode("cp1251")
    block = http(content, media="text/html; charset=windows-1251")
    items = read(tmp_path / "a.warc", record("response", block, "https://news.example/1"))
    assert extract_page(items[0]).title == "Заметка 1"


@pytest.mark.parametrize(
    ("block", "url", "kind", "code"),
    [
        (http(b"", status=301), "https://n.example/", "response", "http-status"),
        (http(page_of(1), status=404), "https://n.example/", "response", "http-status"),
        (http(b"\x89PNG\0\0", media="image/png"), "https://n.example/", "response", "not-a-page"),
        (
            http(b"var a=1", media="text/javascript"),
            "https://n.example/",
            "response",
            "not-a-page",
        ),
        (http(b"User-agent: *"), "https://n.example/robots.txt", "response", "not-a-page"),
        (b"127.0.0.1", "dns:n.example", "response", "not-a-page"),
        (b"no http", "https://n.example/", "response", "bad-record"),
        (page_of(1), "https://n.example/", "continuation", "segmented-record"),
        (page_of(1), "https://n.example/", "resource", "html"),
        (b"A plain text.", "https://n.example/", "conversion", "dump"),
    ],
)
def test_every_record_of_a_page_has_an_outcome(
    tmp_path: Path, block: bytes, url: str, kind: str, code: str
) -> None:
    items = read(tmp_path / "a.warc", record(kind, block, url))
    assert codes(items) == [code]


def test_the_address_may_stand_in_angle_brackets(tmp_path: Path) -> None:
    items = read(tmp_path / "a.warc", record("resource", page_of(1), "<https://news.example/1>"))
    assert items[0].url == "https://news.example/1"


# -- revisits ----------------------------------------------------------------------------------


REVISITS = {
    "id": {"WARC_Refers_To": "<urn:uuid:00000000-0000-4000-8000-000000000001>"},
    "place": {
        "WARC_Refers_To_Target_URI": "https://news.example/1",
        "WARC_Refers_To_Date": "2024-05-10T12:00:01Z",
    },
    "digest": {"WARC_Payload_Digest": digest_of(page_of(1))},
}


@pytest.mark.parametrize("by", sorted(REVISITS))
@pytest.mark.parametrize("before", [False, True])
def test_a_revisit_is_the_page_it_repeats(tmp_path: Path, by: str, before: bool) -> None:
    capture = response(1, WARC_Payload_Digest=digest_of(page_of(1)))
    again = record("revisit", http(b""), "https://news.example/9", 9, **REVISITS[by])
    parts = [again, capture] if before else [capture, again]
    items = read(tmp_path / "a.warc.gz", b"".join(map(gzip.compress, parts)))
    assert numbers(items) == ["1", "9"]
    assert items[1].content == page_of(1)
    assert items[1].retrieved == "2024-05-10T12:00:09Z"
    assert items[1].place.path.endswith("9")


def test_a_revisit_of_what_is_not_there_is_rejected(tmp_path: Path) -> None:
    again = record("revisit", http(b""), "https://news.example/9", 9, **REVISITS["id"])
    assert codes(read(tmp_path / "a.warc", again)) == ["unresolved-revisit"]


# -- rights ------------------------------------------------------------------------------------


def rights(items: list[Page | Rejected], url: str = "https://news.example/1") -> dict | None:
    page = next(item for item in items if isinstance(item, Page) and item.url == url)
    found = extract_page(page)
    assert isinstance(found, Article)
    return found.record["rights"]


def robots(text: str, number: int = 0, host: str = "news.example") -> bytes:
    block = http(text.encode(), media="text/plain")
    return record("response", block, f"https://{host}/robots.txt", number)


def test_headers_reserve(tmp_path: Path) -> None:
    said = rights(read(tmp_path / "a.warc", response(1, None, "X-Robots-Tag: noindex, noai")))
    assert (said["tdm"], said["signals"]) == ("reserved", ["http"])
    headers = ("tdm-reservation: 0", "tdm-policy: https://news.example/terms")
    said = rights(read(tmp_path / "b.warc", response(1, None, *headers)))
    assert (said["tdm"], said["usage_terms"]) == ("allowed", "https://news.example/terms")
    assert rights(read(tmp_path / "c.warc", response(1))) is None


def test_one_reservation_is_stronger_than_a_permission(tmp_path: Path) -> None:
    closed = robots("User-agent: GPTBot\nDisallow: /\n")
    said = rights(read(tmp_path / "a.warc", closed + response(1, None, "tdm-reservation: 0")))
    assert (said["tdm"], said["signals"]) == ("reserved", ["http", "robots"])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_robots_hold_for_their_host_and_time_wherever_they_stand(tmp_path: Path, order) -> None:
    parts = [robots("User-agent: CCBot\nDisallow: /\n"), response(1)]
    items = read(tmp_path / "a.warc", b"".join(parts[i] for i in order))
    assert rights(items)["tdm"] == "reserved"
    other = robots("User-agent: CCBot\nDisallow: /\n", host="other.example")
    assert rights(read(tmp_path / "b.warc", other + response(1))) is None
    open_later = robots("User-agent: *\nAllow: /\n", 30)
    both = [parts[0], open_later, response(1), response(40)]
    items = read(tmp_path / "c.warc", b"".join(both))
    assert rights(items)["tdm"] == "reserved"
    assert rights(items, "https://news.example/40") is None


def test_tdmrep_holds_for_its_paths(tmp_path: Path) -> None:
    rules = [
        {"location": "/1", "tdm-reservation": 1, "tdm-policy": "https://news.example/p"},
        {"location": "/*", "tdm-reservation": 0},
    ]
    block = http(json.dumps(rules).encode(), media="application/json")
    url = "https://news.example/.well-known/tdmrep.json"
    items = read(tmp_path / "a.warc", response(1) + record("response", block, url) + response(2))
    assert rights(items)["tdm"] == "reserved"
    assert rights(items)["usage_terms"] == "https://news.example/p"
    assert rights(items, "https://news.example/2")["tdm"] == "allowed"


@pytest.mark.parametrize(
    ("text", "path", "closed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/1", True),
        ("User-agent: *\nDisallow: /private", "/news", False),
        ("User-agent: *\nDisallow:", "/news", False),
        ("User-agent: Googlebot\nDisallow: /", "/news", False),
        ("User-agent: a\nUser-agent: ClaudeBot\nDisallow: /", "/news", True),
        ("User-agent: GPTBot\nDisallow: /\nAllow: /news", "/news/1", False),
        ("user-agent:gptbot # all\ndisallow:/*/archive$", "/2024/archive", True),
        ("user-agent:gptbot\ndisallow:/*/archive$", "/2024/archive/1", False),
        ("User-agent: GPTBot\nDisallow: /мост", "/%D0%BC%D0%BE%D1%81%D1%82/1", True),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /", "/news", True),
        ("User-agent: *\nContent-Signal: ai-train=yes", "/news", False),
    ],
)  # fmt: skip
def test_robots_are_read_for_crawlers_that_train(text: str, path: str, closed: bool) -> None:
    said = list(parse_robots(text.encode()).signals(f"https://n.example{path}"))
    assert bool(said) is closed


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not matches("/" + "*a" * 5000 + "b$", "/" + "a" * 20_000)


# -- the whole way -----------------------------------------------------------------------------


def test_build_counts_every_record_and_knows_them_again(tmp_path: Path) -> None:
    again = record("revisit", http(b""), "https://news.example/1", 9, **REVISITS["id"])
    lost = record("revisit", http(b""), "https://news.example/8", 8)
    path = tmp_path / "crawl.warc.gz"
    parts = [*pieces(), again, lost, robots("User-agent: GPTBot\nDisallow: /\n")]
    path.write_bytes(b"".join(map(gzip.compress, parts)))
    first = newsdata.build(path, tmp_path / "archive")
    assert first["read"] == 7
    # The pages are alike, so some are copies; the revisit is the same page at the same address.
    assert first["articles"] + first["duplicates"] == 4
    assert (first["unchanged"], first["rejected"]) == (1, 2)
    assert first["reasons"] == {"not-a-page": 1, "unresolved-revisit": 1}
    second = newsdata.build(path, tmp_path / "archive")
    assert second["unchanged"] == second["read"] == 7
    sealed = newsdata.release("1.0.0", tmp_path / "archive")
    assert sealed.sealed.path.is_dir()
    rows = newsdata.load(tmp_path / "archive", to="arrow").to_pylist()
    assert {row["rights"]["tdm"] for row in rows} == {"reserved"}


@needs_shared
def test_every_real_file_is_read_and_counts_add_up(tmp_path: Path) -> None:
    for folder in ("warc", "feeds", "ninjs"):
        summary = newsdata.build(SHARED / folder, tmp_path / folder)
        names = ("articles", "duplicates", "rejected", "withheld", "unchanged")
        assert summary["read"] == sum(summary[name] for name in names)
        assert summary["read"] >= sum(f.is_file() for f in (SHARED / folder).rglob("*.[jwra]*"))
        assert summary["articles"]
        assert "extractor-failed" not in summary["reasons"]


# -- what others read --------------------------------------------------------------------------


Told = list[tuple[str, str | None, str]]


def ours(path: Path, whole: bool = False) -> Told:
    with path.open("rb") as file:
        stream = Stream(file, path.name, resume=MAGIC)
        found = list(read_records(stream, Limits()))
    assert not [record.fault for record in found if record.fault]
    told = []
    for one in found:
        block = one.block
        if one.type == "response" and not whole:
            block = parse_response(block, 10**8).content
        told.append((one.type, one.target, hashlib.sha256(block).hexdigest()))
    return told


def by_warcio(path: Path) -> Told:
    from warcio.archiveiterator import ArchiveIterator

    told = []
    with path.open("rb") as file:
        for one in ArchiveIterator(file, no_record_parse=False):
            content = one.content_stream().read() if one.rec_type == "response" else b""
            told.append((one.rec_type, one.rec_headers.get_header("WARC-Target-URI"), content))
    return [(kind, url, hashlib.sha256(content).hexdigest()) for kind, url, content in told]


def by_fastwarc(path: Path) -> Told:
    from fastwarc.warc import ArchiveIterator

    records = ArchiveIterator(io.BytesIO(path.read_bytes()), parse_http=False, strict_mode=False)
    return [
        (
            one.headers.get("WARC-Type"),
            one.headers.get("WARC-Target-URI"),
            hashlib.sha256(one.reader.read()).hexdigest(),
        )
        for one in records
    ]


GOOD = ("example.warc", "example.warc.gz", "warcfile.warc", "warcfile.warc.gz",
        "post-test.warc.gz", "example-resource.warc.gz",
        "example-iana.org-chunked.warc")  # fmt: skip


@needs_shared
@pytest.mark.parametrize("name", GOOD)
def test_warcio_agrees_on_the_good_files(name: str) -> None:
    mine, theirs = ours(SHARED / "warc" / name), by_warcio(SHARED / "warc" / name)
    assert [one[:2] for one in mine] == [one[:2] for one in theirs]
    pages = [(m, t) for m, t in zip(mine, theirs, strict=True) if m[0] == "response"]
    assert all(mine == theirs for mine, theirs in pages)


@needs_shared
@pytest.mark.parametrize("name", [*GOOD, "warcfile.warc.lz4", "clueweb-quirk.warc.gz"])
def test_fastwarc_agrees_on_the_good_files(name: str) -> None:
    path = SHARED / "warc" / name
    assert ours(path, whole=True) == by_fastwarc(path)


@pytest.mark.parametrize("form", ["plain", "gz"])
def test_others_agree_on_files_of_ours(tmp_path: Path, form: str) -> None:
    parts = [*pieces(), response(5, in_chunks(page_of(5)), "Transfer-Encoding: chunked")]
    path = tmp_path / "crawl.warc"
    path.write_bytes(b"".join(map(gzip.compress, parts) if form == "gz" else parts))
    mine = [one for one in ours(path) if one[0] == "response"]
    assert len(mine) == 5
    assert mine == [one for one in by_warcio(path) if one[0] == "response"]
    assert ours(path, whole=True) == by_fastwarc(path)
