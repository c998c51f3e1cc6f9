"""Which article is this: canonical addresses and ids that stay the same for ever. Pure.

An id is ``<edition>:<native id>`` where the site counts its articles (``belta-ru:572564``), else
``sha256:`` and 32 hex digits of the canonical URL, of the raw bytes where there is no URL, or of
the canonical JSON of title, text and timestamp for a record that has neither.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from newsdata.sites import Site, find_site

#: Version of the rules below, recorded in every provenance. Any change of what
#: :func:`canonical_url` answers raises it, because ids hang on the answer.
URL_RULES_VERSION = 1

_TRACKING = frozenset({
    "_ga", "_gl", "_hsenc", "_hsmi", "_openstat", "at_campaign", "at_medium", "awc",
    "cid_source", "cmpid", "dclid", "efg", "epik", "fb_action_ids", "fb_action_types",
    "fb_source", "fbclid", "ga_campaign", "gad_source", "gbraid", "gclid", "gclsrc",
    "guccounter", "igsh", "igshid", "mc_cid", "mc_eid", "mindbox-click-id", "mkt_tok",
    "msclkid", "oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid", "sc_cid", "scid", "share_id",
    "spm", "srsltid", "ttclid", "twclid", "vero_id", "wbraid", "wickedid", "wt_mc", "wt_zmc",
    "xtor", "yclid", "ysclid", "yadclid", "zanpid",
})  # fmt: skip
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_", "ns_", "stm_")
_AMP_PARAMETERS = frozenset({("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp")})
_VARIANT_LABELS = frozenset({"www", "m", "mobile", "wap", "amp"})
_DROPPED = dict.fromkeys(range(0x20))  # browsers drop control characters inside an address
_UNRESERVED = "-._~"
_PATH_SAFE = _UNRESERVED + "/!$&'()*+,;=:@"
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_DATE_IN_PATH = re.compile(
    r"/(?P<year>(?:19|20)\d\d)(?P<dash>[/-]?)(?P<month>0[1-9]|1[0-2])"
    r"(?:(?P=dash)(?P<day>0[1-9]|[12]\d|3[01]))?(?=[/_-]|$)"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What an address says of the article behind it; fields it does not give are None.

    ``known`` tells whether the site is in the table, ``year``, ``month`` and ``day`` come from
    the path.
    """

    url: str
    id: str
    source: str
    known: bool = False
    edition: str | None = None
    native_id: str | None = None
    rubric_slug: str | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None
    zone: str | None = None
    language: str | None = None
    agency: str | None = None


def canonical_url(url: str | None) -> str | None:
    """The one address that stands for all variants of ``url``; None where it is no web address.

    https, lower-case host in ASCII without ``www.``, ``m.``, ``amp.`` and ``wap.``, no user, no
    default port, no fragment, no tracking parameters, the others sorted, ``amp`` segments and
    the layouts that :data:`~newsdata.sites.SITES` names folded. Applying it twice changes
    nothing. Never raises.

    >>> canonical_url("http://www.belta.by/amp/world/view/dozhd-331436-2019/?utm_source=x#top")
    'https://belta.by/world/view/dozhd-331436-2019'
    >>> canonical_url("mailto:desk@example.com") is None
    True
    """
    if not url:
        return None
    plain = _PLAIN.fullmatch(url)
    try:
        if plain:
            return _canonical_plain(plain["host"], plain["path"])
        return _canonical(_with_scheme(url.strip().translate(_DROPPED)))
    except ValueError:
        return None


def _with_scheme(url: str) -> str:
    return "https:" + url if url.startswith("//") else url


#: Most addresses of articles: nothing to decode, to drop, to sort or to resolve. Digits at the
#: end of the host may be those of an IP address, which are left to the longer way.
_PLAIN = re.compile(
    r"https?://(?P<host>[A-Za-z0-9.-]{1,250}[A-Za-z])"
    r"(?P<path>(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9_.~!$&'()*+,;=:@-]*)*/?)"
)


def _canonical_plain(given: str, path: str) -> str | None:
    """The answer of :func:`_canonical` for an address that :data:`_PLAIN` matches."""
    host = _host(given)
    if host is None:
        return None
    inner = _inside_amp_cache(host, path)
    if inner:
        return _canonical(inner)
    site = find_site(host)
    return f"https://{site.host if site else host}{_folded(path.split('/') or [''], site)}"


def _canonical(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return None
    host = _host(parts.hostname)
    if host is None:
        return None
    inner = _inside_amp_cache(host, parts.path)
    if inner:
        return _canonical(inner)
    site = find_site(host)
    port = parts.port
    netloc = (site.host if site else host) + (f":{port}" if port not in (None, 80, 443) else "")
    path = _path(parts.path, site)
    return urlunsplit(("https", netloc, path, _query(parts.query), ""))


@lru_cache(maxsize=256)
def _host(host: str) -> str | None:
    host = host.rstrip(".").lower()
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host.partition('%')[0])}]"
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    labels = host.split(".")
    while len(labels) > 2 and labels[0] in _VARIANT_LABELS and not host[-1].isdigit():
        labels = labels[1:]
    host = ".".join(labels)
    return host if _HOST.fullmatch(host) else None


def _inside_amp_cache(host: str, path: str) -> str | None:
    """The publisher's address inside a Google AMP cache address."""
    prefixes = {"google.com": ("/amp/s/", "/amp/"), "cdn.ampproject.org": ()}
    if host.endswith(".cdn.ampproject.org"):
        found: tuple[str, ...] = ("/c/s/", "/v/s/", "/c/", "/v/")
    else:
        found = prefixes.get(host, ())
    for prefix in found:
        if path.startswith(prefix) and "." in path[len(prefix) :].partition("/")[0]:
            return "https://" + path[len(prefix) :]
    return None


def _path(path: str, site: Site | None) -> str:
    return _folded(_resolve_dots(quote(_decode(path), safe=_PATH_SAFE + "%").split("/")), site)


def _folded(segments: list[str], site: Site | None) -> str:
    """The path of resolved segments (the first is empty), layouts of the same page folded."""
    # Where a segment goes, an empty one beside it goes too: it would do so the next time.
    drop = (*(site.drop if site else ("amp",)), "")
    while len(segments) > 2 and segments[1].lower() in drop:
        del segments[1]
    slash = segments[-1] == ""
    while len(segments) > 2 + slash and segments[-1 - slash].lower() in ("amp", ""):
        del segments[-1 - slash]
    joined = "/".join(segments)
    if site:
        joined = joined.rstrip("/")
    return joined or "/"


def _resolve_dots(segments: list[str]) -> list[str]:
    kept: list[str] = [""]
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != "." and (segment or kept[-1]):
            kept.append(segment)
    if segments[-1] in ("", ".", "..") and kept[-1] != "":
        kept.append("")
    return kept if len(kept) > 1 else ["", ""]


_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%")


def _decode(path: str) -> str:
    """Percent escapes in one spelling: letters and digits bare, all else in upper case."""

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        character = chr(int(match[1], 16))
        bare = character.isascii() and (character.isalnum() or character in _UNRESERVED)
        return character if bare else "%" + match[1].upper()

    return _ESCAPE.sub(one, path)


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, encoding="utf-8", errors="surrogateescape")
    kept = sorted(pair for pair in pairs if not _is_tracking(*pair))
    return urlencode(kept, errors="surrogateescape", quote_via=quote, safe=_UNRESERVED + "/:,@")


def _is_tracking(name: str, value: str) -> bool:
    name = name.lower()
    return (
        name in _TRACKING
        or name.startswith(_TRACKING_PREFIXES)
        or (name, value.lower()) in _AMP_PARAMETERS
    )


@lru_cache(maxsize=16)
def identify(url: str | None) -> Identity | None:
    """What the address says: canonical form, id, publisher, edition, rubric, year, clock.

    None where it is no web address. Never raises.

    >>> found = identify("https://eng.belta.by/society/view/frost-is-coming-101-2020/")
    >>> found.id, found.rubric_slug, found.year, found.zone
    ('belta-en:101', 'society', 2020, 'Europe/Minsk')
    >>> identify("https://example.com/2015/02/06/1.html").id[:14]
    'sha256:457933d'
    """
    canonical = canonical_url(url)
    if canonical is None:
        return None
    netloc, _, path = canonical.removeprefix("https://").partition("/")
    path = "/" + path.partition("?")[0]
    host = (urlsplit(canonical).hostname or "") if ":" in netloc else netloc
    site = find_site(host)
    groups = _match(site, path)
    date = groups if groups.get("year") else _date_in_path(path)
    native = groups.get("id") if site and site.edition else None
    return Identity(
        url=canonical,
        id=f"{site.edition}:{native}" if site and native else url_id(canonical),
        source=site.source if site else host,
        known=site is not None,
        edition=site.edition if site else None,
        native_id=native,
        rubric_slug=groups.get("rubric"),
        year=_number(date.get("year")),
        month=_number(date.get("month")),
        day=_number(date.get("day")),
        zone=site.zone if site else None,
        language=site.language if site else None,
        agency=site.agency if site else None,
    )


def _match(site: Site | None, path: str) -> dict[str, str]:
    for pattern in site.paths if site else ():
        match = pattern.fullmatch(path)
        if match:
            return {name: value for name, value in match.groupdict().items() if value}
    return {}


def _date_in_path(path: str) -> dict[str, str]:
    match = _DATE_IN_PATH.search(path)
    return {k: v for k, v in match.groupdict().items() if v} if match else {}


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def url_id(canonical: str) -> str:
    """The id of an article known only by its canonical URL.

    >>> url_id("https://example.com/a")
    'sha256:2dce0a4c50441bfccfa9caf4b58c3cba'
    """
    return _hashed(canonical.encode())


def bytes_id(content: bytes) -> str:
    """The id of a page known only by its bytes."""
    return _hashed(content)


def record_id(title: object, text: object, timestamp: object) -> str:
    """The id of a record without id and URL: over the canonical JSON of the three values.

    Canonical JSON here has sorted keys, no white space and no escapes but the necessary ones.

    >>> record_id("T", "x", None) == record_id("T", "x", None)
    True
    """
    value = {"text": text, "timestamp": timestamp, "title": title}
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _hashed(canonical.encode("utf-8", "surrogatepass"))


def _hashed(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()[:32]
