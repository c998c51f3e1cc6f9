"""An HTTP response as crawlers keep it: status, headers, and the content they stand for.

Crawlers differ in what they keep: some undo the chunks or the compression and leave the headers
as they were. So a header is believed where the bytes agree with it.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from newsdata.records import Fault

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

Headers = tuple[tuple[str, str], ...]

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?:[ \t\r]|$)")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class EncodingError(ValueError):
    """The content cannot be decoded as its headers say."""


@dataclass(frozen=True, slots=True)
class Response:
    """``headers`` have lower-case names, in their order; ``forms`` are the content as it was
    kept, without chunks, and decoded: digests may be of any of them."""

    status: int
    headers: Headers
    content: bytes
    forms: tuple[bytes, ...]
    fault: Fault | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, None without it."""
        return next((value for key, value in self.headers if key == name), None)


def parse_response(block: bytes, limit: int) -> Response | Fault:
    """The response in the block of a record; a Fault where it is none.

    A content that cannot be decoded, or grows beyond ``limit`` bytes, is a fault of its own.

    >>> made = parse_response(b"HTTP/1.1 200 OK\\r\\nA: b\\r\\n\\r\\nText", 9)
    >>> made.status, made.headers, made.content
    (200, (('a', 'b'),), b'Text')
    """
    first = block.split(b"\n", 1)[0]
    status = _STATUS.match(first)
    if status is None:
        return Fault("bad-record", f"found {first[:60]!r}, expected the status line of HTTP")
    end = _END_OF_HEADERS.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers = parse_headers(head[len(first) + 1 :])
    said = dict(reversed(headers))
    plain, content, fault = body, body, None
    try:
        if "chunked" in said.get("transfer-encoding", "").lower():
            plain = content = _without_chunks(body)
        codings = said.get("content-encoding", "").lower().split(",")
        for name in reversed([coding.strip() for coding in codings]):
            if name not in ("", "identity", "none"):
                content = _decoded(content, name, limit)
    except EncodingError as error:
        fault = Fault("bad-encoding", str(error))
    return Response(int(status[1]), headers, content, (body, plain, content), fault)


def parse_headers(head: bytes) -> Headers:
    """Header lines as (lower-case name, value); a line that begins with a space continues one.

    >>> parse_headers(b"A: 1\\r\\nB:\\r\\n two\\r\\nno header")
    (('a', '1'), ('b', 'two'))
    """
    found: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "replace").split("\n"):
        line = line.rstrip("\r")
        if line[:1] in (" ", "\t") and found:
            name, value = found[-1]
            found[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            found.append((name.strip().lower(), value.strip()))
    return tuple(found)


def _without_chunks(body: bytes) -> bytes:
    """The content of chunks (RFC 9112, 7.1); what never was in chunks as it is."""
    parts: list[bytes] = []
    at = 0
    while True:
        size = _CHUNK.match(body, at)
        if size is None:
            if not parts:
                return body
            raise EncodingError(f"chunked: found no size of a chunk at byte {at} of the content")
        length = int(size[1], 16)
        if not length:
            return b"".join(parts)
        start = size.end()
        if start + length > len(body):
            if not parts:  # letters that only look like the size of a chunk
                return body
            raise EncodingError("chunked: found the end of the record inside a chunk")
        parts.append(body[start : start + length])
        at = start + length
        at += 2 if body.startswith(b"\r\n", at) else 1 if body.startswith(b"\n", at) else 0


def _decoded(content: bytes, name: str, limit: int) -> bytes:
    decode = _CODINGS.get(name)
    if decode is None:
        if _is_text(content):
            return content
        raise EncodingError(f"found the content encoding {name!r:.60}, which cannot be read")
    if not content or (name in _MAGIC and not content.startswith(_MAGIC[name])):
        return content  # the crawler decoded it and kept the header
    try:
        return decode(content, limit)
    except (zlib.error, ZstdError, EOFError, ValueError) as error:
        if isinstance(error, EncodingError):
            raise
        if name not in _MAGIC and _is_text(content):
            return content
        raise EncodingError(f"{name}: found damaged data, {error}") from None


def _is_text(content: bytes) -> bool:
    """Whether bytes are text already: encodings without a mark of their own cannot tell."""
    head = content[:4096]
    return b"\0" not in head and sum(byte < 9 or 13 < byte < 32 for byte in head) * 50 <= len(head)


def _inflated(content: bytes, limit: int, bits: int) -> bytes:
    decoder = zlib.decompressobj(bits)
    out = decoder.decompress(content, limit + 1)
    if len(out) > limit:
        raise EncodingError(f"the content grows beyond {limit} bytes")
    if not decoder.eof:
        raise EncodingError("found the end of the record inside the compressed content")
    return out


def _gunzip(content: bytes, limit: int) -> bytes:
    return _inflated(content, limit, 31)


def _inflate(content: bytes, limit: int) -> bytes:
    """``deflate`` is zlib's format by the standard and without its frame by old custom."""
    try:
        return _inflated(content, limit, 15)
    except zlib.error:
        return _inflated(content, limit, -15)


def _unzstd(content: bytes, limit: int) -> bytes:
    decoder = ZstdDecompressor()
    out = bytes(decoder.decompress(content, limit + 1))
    if len(out) > limit:
        raise EncodingError(f"the content grows beyond {limit} bytes")
    if not decoder.eof:
        raise EncodingError("found the end of the record inside the compressed content")
    return out


def _unbrotli(content: bytes, limit: int) -> bytes:
    import brotli

    decoder = brotli.Decompressor()
    try:
        parts = [decoder.process(content, output_buffer_limit=limit + 1)]
        while not decoder.can_accept_more_data() and sum(map(len, parts)) <= limit:
            parts.append(decoder.process(b"", output_buffer_limit=limit + 1))
    except brotli.error as error:
        raise ValueError(str(error)) from None
    out = b"".join(parts)
    if len(out) > limit:
        raise EncodingError(f"the content grows beyond {limit} bytes")
    if not decoder.is_finished():
        raise ValueError("found the end of the record inside the compressed content")
    return out


_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
