"""Counts of a validation, with examples of every reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from newsdata.records import Rejected

#: Examples that are kept of one reason.
EXAMPLES = 3


@dataclass(slots=True)
class Tally:
    """What became of the records so far, and how far that is.

    ``reached`` is (file, lines, bytes of it decompressed) of what is done.
    """

    valid: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    unheld: Counter[str] = field(default_factory=Counter)
    reached: tuple[str, int, int] | None = None
    interrupted: bool = False

    def reject(self, rejected: Rejected) -> None:
        """Count one rejection under its first fault."""
        self.rejected += 1
        self.reasons[rejected.code] += 1
        kept = self.examples.setdefault(rejected.code, [])
        if len(kept) < EXAMPLES:
            first = rejected.faults[0]
            place = rejected.place
            kept.append(
                {
                    "path": place.path,
                    "line": place.line,
                    "offset": place.offset,
                    "pointer": first.pointer,
                    "message": first.message,
                }
            )

    def summary(self) -> dict[str, Any]:
        """What ``--json`` prints: ``read`` is always ``valid`` + ``rejected``."""
        reached: Mapping[str, Any] | None = None
        if self.reached is not None:
            reached = dict(zip(("path", "lines", "bytes"), self.reached, strict=True))
        return {
            "format": 1,
            "read": self.valid + self.rejected,
            "valid": self.valid,
            "rejected": self.rejected,
            "reasons": dict(sorted(self.reasons.items())),
            "examples": dict(sorted(self.examples.items())),
            "notices": {
                f"no column for the field {name!r}": count
                for name, count in sorted(self.unheld.items())[:20]
            },
            "interrupted": (reached or {"path": None, "lines": 0, "bytes": 0})
            if self.interrupted
            else None,
        }
