"""datapackage.json: the release as a Data Package 2.0 (datapackage.org), a resource each file.

The shards of the articles share one Table Schema, which stands in a file of its own: a resource
with several paths would mean that its files are parts of one file, which Parquet files are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.exporters.citation import creators
from newsdata.exporters.licences import licence
from newsdata.exporters.plan import About, Described

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.schema import Schema

TABLE_SCHEMA = "table-schema.json"
#: Columns of the CSV files that are whole numbers.
COUNTS = (
    "articles", "characters", "tdm_reserved", "tdm_allowed", "free_to_read", "not_free_to_read",
)  # fmt: skip
_PROFILES = "https://datapackage.org/profiles/2.0/"


def datapackage(release: Described, tables: Mapping[str, tuple[str, ...]]) -> bytes:
    """The whole file. ``tables`` are the CSV files of the release: path -> names of columns."""
    about = release.about
    # Their ids may repeat, so that not even revisions, in the columns of the articles, may share
    # the schema with its primary key.
    beside = {
        config.name: {"fields": [_field(item, "") for item in config.columns]}
        for config in release.configs
    }
    document: dict[str, Any] = {
        "$schema": f"{_PROFILES}datapackage.json",
        "name": slug(release.name, "dataset"),
        "id": f"urn:sha256:{release.content_hash}",
        "title": release.name,
        "version": release.version,
        "created": f"{release.date}T00:00:00Z",
        "licenses": _licences(about),
        "contributors": _contributors(about),
        "description": about.summary,
        "homepage": about.url if re.match(r"https?://", about.url or "") else None,
        "keywords": ["news"],
        "resources": [
            *(_shard(path, entry, beside) for path, entry in sorted(release.files.items())),
            *(_table(path, columns) for path, columns in tables.items()),
        ],
    }
    return _json({key: value for key, value in document.items() if value})


def table_schema(schema: Schema) -> bytes:
    """The columns as a Table Schema 2.0."""
    document: dict[str, Any] = {
        "$schema": f"{_PROFILES}tableschema.json",
        "fields": [
            _field(item, str(schema.properties.get(item.name, {}).get("description", "")))
            for item in schema.arrow
        ],
    }
    if "id" in schema.roles:
        document["primaryKey"] = [schema.roles["id"]]
    return _json(document)


def slug(text: str, otherwise: str) -> str:
    """A name as Data Packages want it: small letters, digits, ``-``, ``_`` and ``.``.

    >>> slug("My News, 2024", "dataset"), slug("Новости", "dataset")
    ('my-news-2024', 'dataset')
    """
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._") or otherwise


def _json(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _shard(
    path: str, entry: Mapping[str, Any], beside: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    # No "bytes": frictionless 5 counts none of Parquet, so it finds every number wrong. The
    # manifest has the sizes.
    return {
        "name": slug(path.removeprefix("data/").removesuffix(".parquet"), "shard"),
        "type": "table",
        "path": path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "hash": f"sha256:{entry['sha256']}",
        "schema": beside.get(path.partition("/")[0], TABLE_SCHEMA),
    }


def _table(path: str, columns: Iterable[str]) -> dict[str, Any]:
    kinds = dict.fromkeys(COUNTS, "integer") | {"first": "date", "last": "date"}
    return {
        "name": slug(path.removesuffix(".csv"), "table"),
        "type": "table",
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [{"name": name, "type": kinds.get(name, "string")} for name in columns]
        },
    }


def _licences(about: About) -> list[dict[str, str]]:
    found = licence(about)
    if found is None:
        return []
    told = {"name": found.spdx or slug(found.name, "other"), "title": found.name}
    if found.url:
        told["path"] = found.url
    return [told]


def _contributors(about: About) -> list[dict[str, Any]]:
    publishers = [n.strip() for n in (about.publisher or "").split(";") if n.strip()]
    return [
        *({"title": name, "roles": ["creator"]} for name in creators(about)),
        *({"title": name, "roles": ["publisher"]} for name in publishers),
    ]


def _field(item: pa.Field, meaning: str) -> dict[str, str]:
    found = {"name": item.name, "type": _type(item.type)}
    return {**found, "description": meaning} if meaning else found


def _type(kind: pa.DataType) -> str:
    """The type of a Table Schema. Lists and structs are ``any``: frictionless 5 reads them from
    Parquet as arrays of NumPy and finds those wrong under ``array`` and ``object``."""
    import pyarrow as pa

    for is_kind, name in (
        (pa.types.is_nested, "any"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_timestamp, "datetime"),
        (pa.types.is_date, "date"),
    ):
        if is_kind(kind):
            return name
    return "string"
