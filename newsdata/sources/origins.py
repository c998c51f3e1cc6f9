"""What is known about a file that holds many inputs, for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from newsdata.limits import Limits


@dataclass(frozen=True, slots=True)
class Origin:
    """``path`` opens the file, ``name`` stands in places; ``source`` and ``timezone`` hold where
    an input does not say."""

    path: str
    name: str
    source: str | None = None
    timezone: str | None = None
    limits: Limits = field(default_factory=Limits)
