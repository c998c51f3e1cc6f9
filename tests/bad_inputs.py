"""Good records and more than forty kinds of bad ones, all invented; each is one line of a file.

``BAD`` maps a kind to a function of a random generator that gives the bytes of one line, without
its line break, that no reader may accept; ``GOOD`` to lines that none may reject.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

Make = Callable[[random.Random], bytes]

WORDS = ["мост", "река", "трамвай", "school", "bridge", "harvest", "«слово»", "утро", "10 %"]
WORDS += ["über", "naïve", "한국어", "😀"]


def record(rng: random.Random, **values: Any) -> dict[str, Any]:
    """A valid article; ``values`` replace or add fields."""
    text = " ".join(rng.choices(WORDS, k=rng.randrange(5, 60)))
    return {
        "id": f"made:{rng.randrange(10**9)}",
        "title": " ".join(rng.choices(WORDS, k=5)),
        "text": text,
        "timestamp": f"20{rng.randrange(10, 25)}-0{rng.randrange(1, 10)}-11T10:00:00+03:00",
        "author": ["Ada Fable"],
        **values,
    }


def line(value: Any, rng: random.Random) -> bytes:
    """A value as one of the texts that programs write."""
    style: dict[str, Any] = rng.choice(
        [{}, {"ensure_ascii": False}, {"ensure_ascii": False, "separators": (",", ":")}]
    )
    return json.dumps(value, **style).encode()


def _with(**values: Any) -> Make:
    return lambda rng: line(record(rng, **values), rng)


def _without(name: str) -> Make:
    def make(rng: random.Random) -> bytes:
        made = record(rng)
        del made[name]
        return line(made, rng)

    return make


def _inserted(part: bytes) -> Make:
    """A further member, as bytes that ``json.dumps`` would never write."""
    return lambda rng: line(record(rng), rng)[:-1] + b', "more": ' + part + b"}"


def _cut(rng: random.Random) -> bytes:
    whole = line(record(rng), rng)
    return whole[: rng.randrange(1, len(whole) - 1)].rstrip() or b"{"


def _replaced(old: bytes, new: bytes) -> Make:
    return lambda rng: json.dumps(record(rng)).encode().replace(old, new, 1)


def _double(rng: random.Random) -> bytes:
    made = record(rng)
    body = line(made, rng)
    key = rng.choice(["id", "text", "author", "\\u0069d"])
    return body[:-1] + f', "{key}": {json.dumps(made["id"])}}}'.encode()


BAD: dict[str, Make] = {
    # -- the JSON text
    "cut": _cut,
    "cut-in-a-letter": lambda rng: '{"id": "мост'.encode()[:-1],
    "invalid-utf8": _inserted(b'"\xff"'),
    "latin-1": _inserted("caf\u00e9".encode("latin-1").join([b'"', b'"'])),
    "overlong-utf8": _inserted(b'"\xc0\xaf"'),
    "surrogate-in-utf8": _inserted(b'"\xed\xa0\x80"'),
    "bom-inside": lambda rng: b"\xef\xbb\xbf" + line(record(rng), rng),
    "nan": _inserted(b"NaN"),
    "infinity": _inserted(b"-Infinity"),
    "doubled-key": _double,
    "doubled-key-inside": _inserted(b'[{"a": 1, "a": 1}]'),
    "doubled-key-spaced": _inserted(b'{"a" : 1, "a" : 2}'),
    "doubled-key-beside-an-escaped-colon": _inserted(b'{"k": "\\u003A", "a": 1, "a": 1}'),
    "lone-high-surrogate": _inserted(b'"\\ud83d"'),
    "lone-low-surrogate": _inserted(b'"\\ude00x"'),
    "nul-byte": _inserted(b'"\x00"'),
    "nul-bytes-only": lambda rng: b"\x00" * 30,
    "control-character": _inserted(b'"a\x01b"'),
    "tab-in-string": _inserted(b'"a\tb"'),
    "bad-escape": _inserted(b'"\\x41"'),
    "short-escape": _inserted(b'"\\u12"'),
    "huge-integer": _inserted(b"9" * 5000),
    "overflowing-number": _inserted(b"1e999"),
    "leading-zero": _inserted(b"007"),
    "plus-sign": _inserted(b"+1"),
    "bare-dot": _inserted(b".5"),
    "hexadecimal": _inserted(b"0x1F"),
    "too-deep": _inserted(b"[" * 300 + b"]" * 300),
    "far-too-deep": lambda rng: b"[" * 100_000,
    "single-quotes": lambda rng: b"{'id': 'a', 'title': 'T', 'text': 'x'}",
    "bare-keys": lambda rng: b'{id: "a", title: "T", text: "x"}',
    "trailing-comma": lambda rng: line(record(rng), rng)[:-1] + b",}",
    "missing-comma": _replaced(b", ", b" "),
    "missing-colon": _replaced(b'"id": ', b'"id" '),
    "comment": lambda rng: line(record(rng), rng) + b" // a comment",
    "two-on-a-line": lambda rng: line(record(rng), rng) + line(record(rng), rng),
    "python-repr": lambda rng: repr(record(rng)).encode(),
    "python-constants": _inserted(b"None"),
    "bare-word": lambda rng: b"undefined",
    "plain-text": lambda rng: "Заметка без всякого JSON.".encode(),
    "csv-line": lambda rng: b'a,"T",x',
    "markup": lambda rng: b"<html><body>not a record</body></html>",
    "utf16": lambda rng: json.dumps(record(rng)).encode("utf-16-le").replace(b"\n", b" "),
    "line-too-long": lambda rng: line(record(rng, text="x" * 400_000), rng),
    # -- the record
    "array": lambda rng: line([record(rng)], rng),
    "string": lambda rng: line("a record", rng),
    "number": lambda rng: b"17",
    "null": lambda rng: b"null",
    "no-id": _without("id"),
    "no-title": _without("title"),
    "no-text": _without("text"),
    "empty-title": _with(title=""),
    "blank-text": _with(text=" \n\t"),
    "null-title": _with(title=None),
    "id-is-a-number": _with(id=5),
    "author-is-a-string": _with(author="Ada Fable"),
    "author-holds-null": _with(author=[None]),
    "naive-timestamp": _with(timestamp="2024-03-05T10:00:00"),
    "impossible-day": _with(timestamp="2024-02-30T10:00:00Z"),
    "unknown-status": _with(status="gone"),
    "unknown-field-inside": _with(dateline={"raw": "MINSK", "mood": "grey"}),
    "bad-language": _with(language="по-русски"),
    "offset-too-large": _with(utc_offset=5000),
}

GOOD: dict[str, Make] = {
    "plain": lambda rng: line(record(rng), rng),
    "unknown-field": _with(more={"nested": [1, 2.5, None, True]}),
    "line-separators": _with(lead="a\u2028b\u2029c\u0085d\x0be"),
    "escaped-nul": _inserted(b'"\\u0000"'),
    "escaped-key-and-colon": _inserted(b'{"a\\": \\u003a": "\\":", "\\u0061b": ":"}'),
    "space-before-colon": _inserted(b'{"a" : 1, "b"\t: 2}'),
    "surrogate-pair": _inserted(b'"\\ud83d\\ude00"'),
    "bom-in-a-string": _inserted(b'"\xef\xbb\xbf"'),
    "long-integer": _inserted(b"123456789012345678901234567890"),
    "largest-unsigned": _inserted(b"18446744073709551615"),
    "long-digits-in-text": _with(lead="1234567890123456789012345"),
    "same-key-elsewhere": _inserted(b'{"id": {"id": [{"id": 1}, {"id": 1}]}}'),
    "deep-but-fine": _inserted(b"[" * 199 + b"]" * 199),
    "brackets-in-text": _with(lead="[{" * 300),
    "spaces-around": lambda rng: b" \t " + line(record(rng), rng) + b"  ",
    "carriage-return": lambda rng: line(record(rng), rng) + b"\r",
    "long-text": lambda rng: line(record(rng, text="слово " * 3000), rng),
    "zeros": _inserted(b"[-0, 0.0, -0.0, 1E5, 1e-7]"),
}
#: Between records: no input at all.
BLANK = (b"", b" ", b"\t\r", b"\r")


def mixed(seed: int, count: int) -> tuple[bytes, list[tuple[str, int, bytes]]]:
    """A file of ``count`` records, good, bad and blank at random, every kind at least once; and
    (kind, offset, bytes) of each bad one. The last line may lack its line break."""
    rng = random.Random(seed)
    kinds = [*BAD, *GOOD]
    kinds += rng.choices([*["plain"] * len(BAD), *BAD, *GOOD], k=max(0, count - len(kinds)))
    rng.shuffle(kinds)
    parts: list[bytes] = [b"\xef\xbb\xbf"] if seed % 2 else []
    bad: list[tuple[str, int, bytes]] = []
    position = sum(map(len, parts))
    # Something good first: a file is recognised by its beginning.
    for kind in ["plain", "plain", *kinds]:
        made = (BAD.get(kind) or GOOD[kind])(rng)
        assert b"\n" not in made, kind
        if kind in BAD:
            content = made.strip(b" \t\r")
            bad.append((kind, position + made.index(content), content))
        for part in (made, *([rng.choice(BLANK)] if rng.random() < 0.1 else [])):
            parts.append(part + b"\n")
            position += len(part) + 1
    whole = b"".join(parts)
    return (whole if seed % 3 else whole.rstrip(b"\n")), bad


def large_file(path: Path, size: int) -> Path:
    """At least so many bytes of long good lines, with bad ones of every kind here and there."""
    rng = random.Random(6)
    content, _ = mixed(6, 150)
    rows = [line(record(rng, lead="слово " * 600), rng) for _ in range(300)]
    written = 0
    with path.open("wb") as file:
        while written < size:
            rng.shuffle(rows)
            written += file.write(b"\n".join(rows) + b"\n")
            if rng.random() < 0.1:
                written += file.write(content.rstrip(b"\n") + b"\n")
    return path
