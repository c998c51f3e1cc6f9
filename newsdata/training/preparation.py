"""The options with which a release is prepared for training, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from newsdata.errors import UsageError
from newsdata.schema import Schema
from newsdata.training import pseudonyms, tokens
from newsdata.training.pseudonyms import parse_fields
from newsdata.training.redaction import Kind, parse_kinds
from newsdata.training.splits import Split, parse_split

#: What happens to articles of an evaluation side that are leaks.
LEAKS = ("drop", "keep")

#: What a filter asks about -> the role, or the field of articles, that says it.
_ASKED = {
    "rubric": ("rubric", "rubric_slug"),
    "language": ("language",),
    "source": ("source",),
    "training": ("rights",),
}


@dataclass(frozen=True, slots=True)
class Preparation:
    """``split`` is canonical (:func:`newsdata.training.splits.parse_split`). The filters let in
    what has one of the values of ``rubric`` (as printed or as in the address), of ``language``
    (``be`` is also ``be-tarask``: RFC 4647, basic filtering) and of ``source``, a time from
    ``since`` up to, not including, ``until``, and a text of ``min_length`` to ``max_length``
    characters. ``training`` leaves out what reserves text and data mining, ``quality`` what
    breaks a rule of these families. ``tokenizer`` is the content of a ``tokenizer.json``, of
    which the sha256 is printed; ``key`` is never printed."""

    split: str | None = None
    seed: int = 0
    leaks: str = "drop"
    rubric: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    training: bool = False
    quality: tuple[str, ...] = ()
    redact: tuple[Kind, ...] = ()
    pseudonymise: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    tokenizer: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)

    def printed(self) -> dict[str, Any]:
        """What was asked for, ready for JSON; nothing of the key.

        >>> make({"split": "share:9, 1", "key": None}).printed()
        {'split': 'share:9,1', 'seed': 0, 'leaks': 'drop'}
        """
        found = {
            item.name: getattr(self, item.name)
            for item in fields(self)
            if item.name != "key" and _says(getattr(self, item.name))
        }
        if not self.split:
            found.pop("seed", None)
            found.pop("leaks", None)
        if self.tokenizer is not None:
            found["tokenizer"] = tokens.fingerprint(self.tokenizer)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}

    def rule(self) -> Split | None:
        """The split as a rule."""
        return parse_split(self.split, self.seed) if self.split else None

    def fields(self, schema: Schema) -> dict[str, str]:
        """Field of an article that decides -> its name in the schema, for the filters asked for.

        Raises UsageError where the schema has no such field.
        """
        asked = {name: _ASKED[name] for name in _ASKED if getattr(self, name)}
        if self.split and self.split.startswith("source:"):
            asked["split"] = ("source",)
        found: dict[str, str] = {}
        for option, names in asked.items():
            known = {name: schema.roles.get(name, name) for name in names}
            there = {n: own for n, own in known.items() if own in schema.arrow.names}
            if not there:
                raise UsageError(f"{option}: the schema of this archive has no field for it")
            found |= there
        return found

    def reason(self, values: Mapping[str, Any], time: datetime | None) -> str | None:
        """Why an article is left out, by the first filter it does not pass; None where it is not.

        ``values`` are those of :meth:`fields` and ``length``.
        """
        if self.rubric and not _among(self.rubric, values["rubric"], values.get("rubric_slug")):
            return "other-rubric"
        if self.language and not _in_range(self.language, values["language"]):
            return "other-language"
        if self.source and not _among(self.source, values["source"]):
            return "other-source"
        if self.since and (time is None or time < _moment("since", self.since)):
            return "before-since"
        if self.until and (time is None or time >= _moment("until", self.until)):
            return "after-until"
        if self.min_length is not None and values["length"] < self.min_length:
            return "too-short"
        if self.max_length is not None and values["length"] > self.max_length:
            return "too-long"
        reserved = self.training and (values["rights"] or {}).get("tdm") == "reserved"
        return "tdm-reserved" if reserved else None


def _says(value: Any) -> bool:
    return value is not None and value is not False and value != ()


#: The configs for trainers: see :mod:`newsdata.trainers`.
CONFIGS = ("text", "headlines", "summaries", "rubrics")


def make(given: Mapping[str, Any]) -> Preparation:
    """A preparation out of options as the command line, the library and a manifest give them.

    Lists may be texts joined by commas where their values have none. Raises UsageError.
    """
    known = {item.name for item in fields(Preparation)}
    values = {name: value for name, value in given.items() if value not in (None, "", (), [])}
    for name in values:
        if name not in known:
            raise UsageError(f"prepare: unknown option {name!r}; options are {', '.join(known)}")
    if values.get("leaks", "drop") not in LEAKS:
        raise UsageError(f"leaks: found {values['leaks']!r}; expected {' or '.join(LEAKS)}")
    if "split" in values:
        values["split"] = parse_split(values["split"], values.get("seed", 0)).text
    elif values.get("leaks", "drop") != "drop" or values.get("seed"):
        raise UsageError("leaks and seed need a split")
    for name in ("rubric", "language", "source"):
        if name in values:
            values[name] = tuple(sorted(set(_listed(values[name], comma=False))))
    for name in ("since", "until"):
        if name in values:
            values[name] = _moment(name, values[name]).isoformat()
    values |= _checked(values)
    return Preparation(**values)


def again(printed: Mapping[str, Any], key: bytes | None, tokenizer: bytes | None) -> Preparation:
    """The preparation of which a manifest tells, given what it does not tell.

    Raises UsageError where that is lacking or is not what it was.
    """
    known = printed.get("tokenizer")
    given = tokens.fingerprint(tokenizer) if tokenizer is not None else None
    if known != given:
        raise UsageError(
            f"tokenizer: expected the file with the sha256 {known}, found {given or 'none'}"
            if known
            else "a tokenizer is of no use: this release counts no tokens"
        )
    return make({**printed, "tokenizer": tokenizer, "key": key})


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "quality" in values:
        from newsdata.training.quality import FAMILIES

        wanted = set(_listed(values["quality"]))
        for name in wanted - set(FAMILIES):
            raise UsageError(f"quality: found {name!r}; expected some of {', '.join(FAMILIES)}")
        found["quality"] = tuple(name for name in FAMILIES if name in wanted)
    if "configs" in values:
        listed = set(_listed(values["configs"]))
        for name in listed - set(CONFIGS):
            raise UsageError(f"configs: found {name!r}; expected some of {', '.join(CONFIGS)}")
        found["configs"] = tuple(name for name in CONFIGS if name in listed)
    if "tokenizer" in values:
        _check_tokenizer(values["tokenizer"], found.get("configs", ()))
    if "redact" in values:
        found["redact"] = parse_kinds(",".join(_listed(values["redact"])))
    if "pseudonymise" in values:
        found["pseudonymise"] = parse_fields(",".join(_listed(values["pseudonymise"])))
        if not values.get("key"):
            raise UsageError("pseudonymise needs a key: --key-file FILE")
        found["key"] = pseudonyms.read_key(values["key"])
    elif values.get("key"):
        raise UsageError("a key without pseudonymise is of no use")
    return found


def _check_tokenizer(content: Any, configs: Sequence[str]) -> None:
    if not isinstance(content, bytes):
        raise UsageError("tokenizer: expected the bytes of a tokenizer.json")
    if not configs:
        raise UsageError(
            f"tokens are counted in the configs for trainers: name some of {', '.join(CONFIGS)}"
        )
    tokens.token_counter(content)


def _listed(value: Any, comma: bool = True) -> list[str]:
    if isinstance(value, str):
        value = value.split(",") if comma else [value]
    return [part.strip() for part in value if part.strip()]


def _among(wanted: Sequence[str], *values: str | None) -> bool:
    folded = {value.casefold() for value in wanted}
    return any(value is not None and value.casefold() in folded for value in values)


def _in_range(wanted: Sequence[str], tag: str | None) -> bool:
    """Basic filtering of RFC 4647: the tag, or one that goes on after a hyphen."""
    return tag is not None and any(
        f"{tag}-".casefold().startswith(f"{one}-".casefold()) for one in wanted
    )


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{option}: found {text!r}; expected a day such as 2024-01-31") from None
