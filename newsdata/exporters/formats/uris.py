"""Addresses as strict readers want them: absolute, of RFC 3986, and nothing else."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import jsonschema_rs

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SAFE = "%/:=&?~#+!$,;'@()*._-"

#: Media Topics of the IPTC, under which a code such as ``medtop:01000000`` stands.
MEDIA_TOPICS = "http://cv.iptc.org/newscodes/mediatopic/"


def uri(text: str | None) -> str | None:
    """An absolute URI, what it may not hold percent-encoded; None where there is none to make.

    >>> uri("https://example.by/новость 1"), uri("/картинка.jpg")
    ('https://example.by/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C%201', None)
    """
    if not text or not _SCHEME.match(text):
        return None
    before, mark, fragment = text.partition("#")
    encoded = quote(_STRAY.sub("%25", before + mark + fragment.replace("#", "%23")), safe=_SAFE)
    return encoded if _checker().is_valid(encoded) else None


def own_uri(id_: str | None, url: str | None) -> str:
    """The URI of an article: its address, else its id as a name.

    >>> own_uri("belta-ru:1", None)
    'urn:newsdata:belta-ru:1'
    """
    return uri(url) or f"urn:newsdata:{quote(id_ or '-', safe=':._-')}"


def media_topic(code: str | None) -> str | None:
    """``medtop:01000000`` as the address of the concept; None for what is no such code."""
    match = re.fullmatch(r"medtop:([0-9]{8})", code or "")
    return MEDIA_TOPICS + match[1] if match else None


@functools.cache
def _checker() -> jsonschema_rs.Validator:
    import jsonschema_rs

    schema = {"type": "string", "format": "uri"}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
