"""What is wrong with a JSON Schema document itself, in words and with a JSON Pointer. Pure.

Asked only where the fast validator refused a document: it names the alternatives that did not
fit, the reference implementation the one that was meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from newsdata.schema.bundling import DRAFTS, draft_of, pointer
from newsdata.schema.references import dangling


def document_fault(document: Mapping[str, Any]) -> str | None:
    """Pointer, what was found and what was expected there; None where the document is fine.

    >>> document_fault({"properties": {"a": {"minLength": -1}}})
    '/properties/a/minLength: found -1, expected a number of at least 0'
    """
    from jsonschema import FormatChecker
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for

    address = {draft: address for address, draft in DRAFTS.items()}[draft_of(document)]
    make = validator_for({"$schema": address})
    errors = make(make.META_SCHEMA, format_checker=FormatChecker(["regex"]))
    worst = best_match(errors.iter_errors(document))
    if worst is not None:
        return f"{pointer([*worst.absolute_path]) or '/'}: {_told(worst)}"
    lost = dangling(document)
    if lost is None:
        return None
    place, text = lost
    return f"{place}: found {text!r}, expected a place in the schema or a file beside it"


def _told(error: Any) -> str:
    found = json.dumps(error.instance, ensure_ascii=False, default=str)
    found = found if len(found) <= 120 else found[:117] + "..."
    value = error.validator_value
    if error.validator in ("anyOf", "oneOf") and error.context:
        told = dict.fromkeys(_told(e).partition(", expected ")[2] for e in error.context)
        return f"found {found}, expected {' or '.join(t for t in told if t)}"
    words = {
        "type": " or ".join([value] if isinstance(value, str) else map(str, _list(value))),
        "enum": "one of " + ", ".join(map(str, _list(value))),
        "minimum": f"a number of at least {value}",
        "exclusiveMinimum": f"a number of more than {value}",
        "format": "a regular expression" if value == "regex" else f"a {value}",
        "minItems": f"at least {value} items",
        "uniqueItems": "items that differ",
    }.get(error.validator)
    return f"found {found}, expected {words}" if words else f"{error.message:.300}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def first_line(error: Exception) -> str:
    """The message of the fast validator, without its excerpt of the document."""
    return str(error).split("\n\nFailed", 1)[0].replace("\n", " ")
