"""croissant.json: the release in the words of MLCommons Croissant 1.1, with its RAI fields.

``encodingFormat`` is ``application/x-parquet``: the registered media type of Parquet validates
but mlcroissant 1.1 does not load it. The FileSet has no ``containedIn``, or nothing loads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from newsdata.exporters.citation import bibtex_of, creators
from newsdata.exporters.licences import licence
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.plan import Config, Described

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET = "application/x-parquet"

Steps: TypeAlias = tuple[str, ...]

#: The context of the specification, with the prefix of the RAI extension.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "annotation": "cr:annotation",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "excludes": "cr:excludes",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "readLines": "cr:readLines",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(release: Described) -> bytes:
    """The whole file."""
    about = release.about
    makers = [_party(name) for name in creators(about)] or [_party(f"Makers of {release.name}")]
    publishers = [n.strip() for n in (about.publisher or "").split(";") if n.strip()]
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": release.name,
        "description": about.summary or f"{release.facts.rows:,} news articles.",
        # A release knows its place on the net only where the keeper says it.
        "url": about.url or f"urn:sha256:{release.content_hash}",
        "version": release.version,
        "datePublished": release.date,
        "creator": makers,
        "publisher": [_party(name) for name in publishers] or makers,
        "citeAs": bibtex_of(release),
        "isLiveDataset": False,
        "keywords": ["news"],
    }
    found = licence(about)
    if found is not None:
        document["license"] = found.url or found.name
    if release.facts.languages:
        document["inLanguage"] = sorted(release.facts.languages)
    if release.facts.first is not None:
        document["temporalCoverage"] = f"{release.facts.first}/{release.facts.last}"
    document |= _rai(release)
    document["distribution"] = _distribution(release)
    document["recordSet"] = [
        _splits(release),
        _articles(release),
        *(_beside(config, release) for config in release.configs),
    ]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _party(name: str) -> dict[str, str]:
    return {"@type": "sc:Organization", "name": name}


def _rai(release: Described) -> dict[str, Any]:
    """What is known about responsible use: the keeper's words, and what was counted."""
    about, facts = release.about, release.facts
    told = {
        "rai:dataCollection": about.collection,
        "rai:dataBiases": about.biases,
        "rai:dataLimitations": about.limits,
        "rai:personalSensitiveInformation": about.personal_data,
        "rai:dataUseCases": about.uses,
    }
    found: dict[str, Any] = {key: value for key, value in told.items() if value}
    if facts.first is not None:
        found["rai:dataCollectionTimeframe"] = [f"{facts.first}", f"{facts.last}"]
    steps = [
        f"{name}: {count}" for name, count in release.counts.items() if isinstance(count, int)
    ]
    if steps:
        found["rai:dataPreprocessingProtocol"] = [
            "Inputs were read, checked against a schema and deduplicated; distinct inputs by "
            f"outcome: {', '.join(steps)}"
        ]
    return found


def _distribution(release: Described) -> list[dict[str, Any]]:
    files = [
        {
            "@type": "cr:FileObject",
            "@id": path,
            "name": path,
            "contentUrl": path,
            "contentSize": f"{entry['size']} B",
            "encodingFormat": PARQUET,
            "sha256": entry["sha256"],
        }
        for path, entry in sorted(release.files.items())
    ]
    data = "data/*.parquet" if len(release.splits) > 1 else f"data/{release.split}-*.parquet"
    sets = [_file_set(ARTICLES, data)]
    sets += [_file_set(config.name, f"{config.name}/*.parquet") for config in release.configs]
    return [*sets, *files]


def _file_set(config: str, includes: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": _set_id(config),
        "name": _set_id(config),
        "description": f"The Parquet files of the config {config}.",
        "encodingFormat": PARQUET,
        "includes": includes,
    }


def _set_id(config: str) -> str:
    return "parquet" if config == ARTICLES else f"parquet-{config}"


def _splits(release: Described) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": "splits/name",
                "name": "name",
                "dataType": "sc:Text",
            }
        ],
        "data": [{"splits/name": split} for split in release.splits or (release.split,)],
    }


def _articles(release: Described) -> dict[str, Any]:
    meanings = release.schema.properties
    document: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": ARTICLES,
        "name": ARTICLES,
        "description": f"One record a row; {release.facts.rows:,} in all.",
        "field": [
            _field(item, ARTICLES, str(meanings.get(item.name, {}).get("description", "")))
            for item in release.schema.arrow
        ],
    }
    if "id" in release.schema.roles:
        document["key"] = {"@id": f"{ARTICLES}/{release.schema.roles['id']}"}
    return document


def _beside(config: Config, release: Described) -> dict[str, Any]:
    """A config beside the articles; one in their columns has their meanings."""
    alike = config.columns.equals(release.schema.arrow)
    meanings = release.schema.properties if alike else {}
    return {
        "@type": "cr:RecordSet",
        "@id": config.name,
        "name": config.name,
        "description": config.meaning,
        "field": [
            _field(item, config.name, str(meanings.get(item.name, {}).get("description", "")))
            for item in config.columns
        ],
    }


def _field(item: pa.Field, parent: str, meaning: str = "", steps: Steps = ()) -> dict[str, Any]:
    """A column, or a part of one to which ``steps`` lead: its column, then names in structs."""
    import pyarrow as pa

    steps = (*steps, item.name)
    name = f"{parent}/{re.sub(r'[^A-Za-z0-9_.-]', '_', item.name)}"
    found: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": item.name}
    if meaning:
        found["description"] = meaning
    inner = _innermost(item.type)
    if pa.types.is_struct(inner):
        # A list of structs loads as a repeated field, a flat list as an array.
        if inner != item.type:
            found["repeated"] = True
        found["subField"] = [_field(part, name, steps=steps) for part in inner]
        return found
    found["dataType"] = _data_type(inner)
    if inner != item.type:
        found |= {"isArray": True, "arrayShape": "-1"}
    found["source"] = {
        "fileSet": {"@id": _set_id(parent.split("/")[0])},
        "extract": {"column": steps[0]},
    }
    if steps[1:]:
        found["source"]["transform"] = [{"jsonPath": f"'{step}'"} for step in steps[1:]]
    return found


def _innermost(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    while pa.types.is_list(kind):
        kind = kind.value_type
    return kind


def _data_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    if pa.types.is_date(kind):
        return "sc:Date"
    return "sc:DateTime" if pa.types.is_timestamp(kind) else "sc:Text"
