"""Promise of telling UTF-8 by whole arrays: the same answer as Python's own decoder."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.checks import utf8
from newsdata.checks.utf8 import is_utf8


def decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1 << 16])
def test_every_short_piece_is_told(monkeypatch, step):
    monkeypatch.setattr(utf8, "_STEP", step)
    monkeypatch.setattr(utf8, "_RARE", 0)
    edges = (0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xE0, 0xF5, 0xFF)
    texts = [bytes([a]) for a in range(256)]
    texts += [bytes([a, b]) for a in range(256) for b in edges]
    texts += [bytes([a, b, c]) for a in range(0xB0, 256) for b in edges for c in edges]
    leads = (0xC3, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF)
    texts += [bytes([a, b, c, d]) for a in leads for b in edges for c in edges for d in edges]
    if step not in (2, 1 << 16):
        texts = texts[::7]
    for text in texts:
        assert is_utf8(text + b"\n") is decodes(text), text
        assert is_utf8(b"a" + text + b"a\n") is decodes(text), text


pieces = st.sampled_from(
    [b"a", "я".encode(), "—".encode(), "😀".encode(), "한".encode(), b"\x80", b"\xe2", b"\xe2\x80",
     b"\xf0\x9f", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xc3", b"\xef\xbf\xbf"]
)  # fmt: skip


@given(st.lists(pieces, max_size=30) | st.lists(st.binary(max_size=4), max_size=10))
@settings(max_examples=1000, deadline=None)
def test_the_answer_is_that_of_the_decoder(parts: list[bytes]) -> None:
    data = b"".join(parts) + b"\n"
    assert is_utf8(data) in (None, decodes(data))


def test_a_flipped_byte_in_a_long_text_is_told():
    rng = random.Random(1)
    text = ("Слово — дело; naïve “quoted” 😀 word\n" * 5000).encode()
    assert is_utf8(text) is True
    for _ in range(200):
        at = rng.randrange(len(text) - 1)
        broken = text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]
        assert is_utf8(broken) is decodes(broken), at


def test_texts_of_long_characters_are_left_to_others():
    assert is_utf8("한국어\n".encode() * 100) is None
    assert is_utf8("я".encode()) is None
