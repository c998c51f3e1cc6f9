"""Documents that the program itself reads: JSON Schemas, settings, mappings."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from newsdata.errors import NewsdataError, SchemaError, SourceError
from newsdata.schema import Schema, parse_schema
from newsdata.schema.bundling import bundle
from newsdata.sources.files import printable
from newsdata.storage import Location, location

_ARTICLE = "article.schema.json"


@cache
def article_schema() -> Schema:
    """The schema of articles.

    It travels inside the package in a wheel and stands beside it in a clone, which an editable
    install uses in place; both are looked at. Raises SchemaError where neither has it.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / _ARTICLE).is_file():
            return load_schema(folder / _ARTICLE)
    raise SchemaError(f"{_ARTICLE} is neither in {package} nor beside it: a broken installation")


def load_schema(path: str | os.PathLike[str]) -> Schema:
    """The JSON Schema in a file, with the files that its ``$ref`` name (paths relative to the
    file they stand in) embedded in it. Nothing is fetched from the network, and nothing is read
    from outside the folder of the file: a schema may come from anybody.

    Raises SchemaError naming the file and the place in it.
    """
    name = printable(os.fspath(path))
    document = _json(Path(path), SchemaError)
    if isinstance(document, dict):
        address = Path(path).absolute().as_uri()
        document = bundle(document, address, partial(_referred, _folders(Path(path))), name)
    return parse_schema(document, name)


@lru_cache(2)
def kept_schema(text: bytes) -> Schema:
    """The schema in the text that an archive keeps, self-contained and checked already."""
    return parse_schema(json.loads(text), "schema.json")


def _folders(path: Path) -> tuple[Path, ...]:
    """The folder of a file, without symbolic links: of its name, and of what that leads to."""
    return path.absolute().parent.resolve(), path.resolve().parent


def _referred(folders: Sequence[Path], address: str) -> Any:
    """The document of a schema that another one refers to."""
    parts = urlsplit(address)
    if parts.scheme != "file" or parts.netloc:
        raise SchemaError(
            "schemas are never fetched from the network; refer to a file beside the schema"
        )
    path = Path(unquote(parts.path))
    if not any(path.resolve().is_relative_to(folder) for folder in folders):
        raise SchemaError(
            f"leads out of the folder of the schema ({printable(str(folders[0]))}), from where "
            "nothing is read; put the files into one folder"
        )
    if not path.is_file():
        raise SchemaError(f"there is no file {printable(str(path))}")
    return _json(path, SchemaError)


def read_json(path: str | os.PathLike[str]) -> Any:
    """The JSON value in a small file. Raises SourceError naming the file and the place in it."""
    return _json(location(os.fspath(path)), SourceError)


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The TOML document in a file. Raises SourceError naming the file and the place in it."""
    text = _text(Path(path), SourceError)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{printable(os.fspath(path))}: {error}") from None


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a small UTF-8 file. Raises SourceError naming it."""
    return _text(Path(path), SourceError)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file; raises SourceError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def _text(path: Location, kind: type[NewsdataError]) -> str:
    name = printable(str(path))
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise kind(f"{name}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise kind(f"{name}: found 0x{byte:02x} at byte {error.start}, expected UTF-8") from None


def _json(path: Location, kind: type[NewsdataError]) -> Any:
    name = printable(str(path))

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise kind(f"{name}: found the key {twice!r} twice in one object, expected it once")
        return value

    def no_constant(constant: str) -> None:
        raise kind(f"{name}: found {constant}, expected a JSON number")

    try:
        return json.loads(_text(path, kind), object_pairs_hook=once, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise kind(f"{name}: {place}: found no JSON there: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise kind(f"{name}: {error}") from None
