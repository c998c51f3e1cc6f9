"""``newsdata.toml``, the settings of an archive, and how an archive is found by it."""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from newsdata.errors import ArchiveError, SettingsError
from newsdata.schema import Schema
from newsdata.settings import FREE, Settings, with_values
from newsdata.sources.documents import article_schema, kept_schema
from newsdata.storage import Location

SETTINGS_FILE = "newsdata.toml"
#: The schema of the records of an archive whose records are no articles.
SCHEMA_FILE = "schema.json"
FORMAT_VERSION = 1
#: The tables of ``newsdata.toml`` that are no settings of the archive.
TABLES = ("card", "eu_summary")
#: How names of files begin that are not finished yet.
WRITING = ".writing-"


def read_settings(path: Location) -> Settings:
    """The settings in force: the environment (NEWSDATA_TIMEZONE), ``newsdata.toml``, defaults.

    Raises ArchiveError where there is no archive or its format is newer, and SettingsError.
    """
    file = path / SETTINGS_FILE
    settings = with_values(Settings(), read_settings_file(file), str(file))
    return with_values(settings, environment_settings(), "environment")


def read_card(path: Location) -> dict[str, str]:
    """The table ``[card]`` of ``newsdata.toml``: what only the keeper can say of the dataset."""
    card = _toml(path / SETTINGS_FILE).get("card", {})
    if not isinstance(card, dict) or not all(isinstance(v, str) for v in card.values()):
        raise SettingsError(f"{path / SETTINGS_FILE}: [card]: expected texts such as license")
    return card


def other_table(path: Location, name: str) -> dict[str, Any]:
    """A table of ``newsdata.toml`` that is no setting of the archive, empty where there is none;
    raises SettingsError where the name stands for something else."""
    table = _toml(path / SETTINGS_FILE).get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path / SETTINGS_FILE}: {name}: expected a table")
    return table


def environment_settings(names: Iterable[str] = FREE) -> dict[str, str]:
    """Settings that variables such as NEWSDATA_TIMEZONE give, by the name of the setting.

    The fixed ones can be given only to ``newsdata init``, so they are not looked for otherwise.
    """
    variables = {name: f"NEWSDATA_{name.upper()}" for name in names}
    return {n: os.environ[v] for n, v in variables.items() if os.environ.get(v)}


def read_settings_file(file: Location) -> dict[str, Any]:
    """The settings in a ``newsdata.toml``, unchecked; raises ArchiveError."""
    values = {k: v for k, v in _toml(file).items() if k not in TABLES}
    version = values.get("format_version", FORMAT_VERSION)
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ArchiveError(
            f"{file}: format_version is {version}; this newsdata reads up to {FORMAT_VERSION}: "
            "use a newer one"
        )
    return values


def _toml(file: Location) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ArchiveError(
            f"{file.parent}: there is no archive here ({SETTINGS_FILE} is missing); "
            "`newsdata init` makes one"
        ) from None
    except NotADirectoryError:
        raise ArchiveError(f"{file.parent}: found a file, an archive is a directory") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{file}: {error}") from None


def write_schema(path: Location, schema: Schema) -> None:
    """Keep the schema of the records beside the settings, once and for ever."""
    write_new(path / SCHEMA_FILE, schema.text.decode())
    if (path / SCHEMA_FILE).read_bytes() != schema.text:
        raise ArchiveError(f"{path / SCHEMA_FILE}: found another file, expected none")


def read_schema(path: Location, settings: Settings) -> Schema:
    """The schema of the records of an archive: that of articles, or the one it was made with.

    Raises ArchiveError where the schema is gone or is not the one it was made with.
    """
    if settings.schema is None:
        return article_schema()
    file = path / SCHEMA_FILE
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{file}: the schema of the records: {error.strerror}") from None
    found = hashlib.sha256(text).hexdigest()
    if found != settings.schema:
        raise ArchiveError(
            f"{file}: found sha256 {found}, but the archive was made with {settings.schema}; "
            "the schema of an archive cannot be changed afterwards"
        )
    return kept_schema(text)


def is_free(path: Location) -> bool:
    """Whether an archive may be made here; what another maker is writing does not count, nor
    does the schema that an interrupted one left."""
    free = (p.name.startswith(WRITING) or p.name == SCHEMA_FILE for p in path.iterdir())
    return path.is_dir() and all(free)


def is_archive(path: Location) -> bool:
    """Whether an archive stands at ``path``, finished or not."""
    return (path / SETTINGS_FILE).is_file()


def find_archive(start: Location) -> Location | None:
    """The archive that ``start`` is in, looked for upward as git does."""
    folders: list[Location] = [start, *start.parents]
    for folder in folders:
        if (folder / SETTINGS_FILE).is_file():
            return folder
    return None


def write_new(path: Location, text: str) -> None:
    """Write a file that appears whole or not at all; leave one that is there already."""
    if not isinstance(path, Path):
        path.put_new(text.encode())
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=WRITING)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # no links here: of two writers at the same moment the second one wins
            if not path.exists():
                Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
