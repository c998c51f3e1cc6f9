"""What reads: the code of this package and the libraries it depends on, as one digest."""

from __future__ import annotations

import hashlib
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def code_version() -> str:
    """A digest of the files of newsdata, the versions of its dependencies and that of Python.

    Two processes with the same one make the same of the same input. The version number alone
    would not do: a clone changes without it, and much of reading is done by libraries.
    """
    digest = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*")):
        if file.is_file() and file.suffix not in (".pyc", ".pyo"):
            digest.update(f"{file.relative_to(PACKAGE)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update(repr((sys.version_info[:2], _dependencies())).encode())
    return digest.hexdigest()[:32]


def _dependencies() -> list[tuple[str, str]]:
    """The name and version of all that newsdata requires, and what that requires in turn.

    Only what is required here: Ray puts packages of its own on the path while it runs, among them
    one that another of ours asks for on Windows.
    """
    from packaging.requirements import Requirement

    found: dict[str, str] = {}
    todo = ["newsdata"]
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in found:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = package.version
        wanted = map(Requirement, package.requires or ())
        todo += [o.name for o in wanted if o.marker is None or o.marker.evaluate({"extra": ""})]
    return sorted(found.items())
