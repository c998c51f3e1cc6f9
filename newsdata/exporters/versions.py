"""Semantic versions of releases (semver.org 2.0.0, without build metadata).

Build metadata is refused because two versions that differ only there have no order, and a
release directory must have one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Literal, TypeAlias

from newsdata.errors import UsageError

Step: TypeAlias = Literal["major", "minor", "patch"]

_NUMBER = r"(0|[1-9][0-9]*)"
_LABEL = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
#: How a version is written.
VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_LABEL}(?:\.{_LABEL})*))?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """``major.minor.patch`` with optional pre-release labels; ordered as semver.org says.

    >>> sorted(map(Version.parse, ["1.10.0", "1.9.0", "1.10.0-rc.1"]))[-1]
    Version(major=1, minor=10, patch=0, labels=())
    """

    major: int
    minor: int
    patch: int
    labels: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``1.2.3`` or ``1.2.3-rc.1``; raises UsageError on anything else.

        >>> str(Version.parse("1.2.3-rc.1"))
        '1.2.3-rc.1'
        """
        match = VERSION.fullmatch(text)
        if match is None:
            raise UsageError(f"version: found {text!r}, expected MAJOR.MINOR.PATCH such as 1.2.0")
        major, minor, patch, labels = match.groups()
        return cls(int(major), int(minor), int(patch), tuple(labels.split(".")) if labels else ())

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return f"{core}-{'.'.join(self.labels)}" if self.labels else core

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]:
        # A pre-release comes before its release; numbers before words (semver.org, rule 11).
        labels = tuple(
            (False, int(label), "") if label.isdigit() else (True, 0, label)
            for label in self.labels
        )
        return self.major, self.minor, self.patch, not self.labels, labels

    def next(self, step: Step) -> Version:
        """The version one step on. A pre-release that already stands for the step ends in it.

        >>> str(Version(1, 2, 3).next("minor")), str(Version.parse("2.0.0-rc.1").next("minor"))
        ('1.3.0', '2.0.0')
        """
        if step == "major":
            done = bool(self.labels) and self.minor == self.patch == 0
            return Version(self.major + (not done), 0, 0)
        if step == "minor":
            done = bool(self.labels) and self.patch == 0
            return Version(self.major, self.minor + (not done), 0)
        return Version(self.major, self.minor, self.patch + (not self.labels))
