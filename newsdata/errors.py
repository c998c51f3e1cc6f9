"""Errors that mean *bad use or a broken world*. Bad data is never an exception: it is a
:class:`newsdata.records.Rejected` value with a reason from :mod:`newsdata.reasons`.

The tree, with the exit code the command line gives each branch::

    NewsdataError                    3  could not run
     ├── UsageError                  2  an argument that makes no sense (also a ValueError)
     │    └── SettingsError          2  an unknown setting, or a value it cannot have
     ├── SourceError                 3  an input that cannot be opened at all (a missing file)
     ├── SchemaError                 3  a JSON Schema that is wrong or cannot become columns
     ├── ArchiveError                3  an archive that is missing, damaged or of another format
     │    └── BatchConflictError          3  another writer kept committing first, until we gave up
     ├── ReleaseError                3  a release that is missing, or a version already taken
     ├── StorageError                3  object storage that cannot be reached, refuses, or changed
     ├── HubError                    3  the Hub cannot be reached, refuses, or knows nobody by us
     └── EngineError                 3  an engine or an optional library that is not
                                    installed, or whose worker died

A MemoryError exits with 3 too. Anything else that reaches the command line is our own bug and
exits with 70.
"""

from __future__ import annotations


class NewsdataError(Exception):
    """Base of every error raised on purpose; its message is meant to be shown to people."""

    exit_code = 3


class UsageError(NewsdataError, ValueError):
    """An argument that makes no sense, whoever the caller is."""

    exit_code = 2


class SettingsError(UsageError):
    """An unknown setting, or a value that the setting cannot have."""


class SourceError(NewsdataError):
    """An input that cannot be opened at all; what is wrong inside one is a Rejected."""


class SchemaError(NewsdataError):
    """A JSON Schema that is wrong, or that cannot be mapped to Arrow columns."""


class ArchiveError(NewsdataError):
    """An archive that is missing, damaged, or written by a newer format."""


class BatchConflictError(ArchiveError):
    """Other writers kept committing before this batch could; nothing of it was written."""


class ReleaseError(NewsdataError):
    """A release that is missing or damaged, or a version that is already taken."""


class StorageError(NewsdataError):
    """Object storage that cannot be reached or refuses, or an object that changed under us."""


class HubError(NewsdataError):
    """The Hugging Face Hub cannot be reached, refuses, or holds what must not be overwritten."""


class EngineError(NewsdataError):
    """An engine or an optional library that is not installed, or one whose worker died."""
