"""Shared fixtures. Nothing here or in any test reaches the network or the user's caches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# In CI the same examples every time; at a desk new ones, which find new bugs.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True, scope="session")
def _own_caches(tmp_path_factory):
    """Datasets and the hub cache in a folder of the test run."""
    home = tmp_path_factory.mktemp("hf")
    os.environ["HF_HOME"] = str(home)
    os.environ["HF_DATASETS_CACHE"] = str(home / "datasets")


@pytest.fixture(scope="session")
def schema():
    from newsdata.sources.documents import article_schema

    return article_schema()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real news, where it stands beside the project; it is never part of it."""
    if not SHARED.is_dir():
        pytest.skip("needs the real news that stands beside the project in ../shared/data")
    return SHARED


Record = Mapping[str, Any]


@pytest.fixture(scope="session")
def rows_of(schema) -> Callable[[Iterable[Record]], Any]:
    """Records (fields left out are empty) as a record batch of the ledger."""
    from newsdata.fingerprints import Hashing
    from newsdata.ledger import Observation, article_rows, input_key
    from newsdata.records import Article, Place, empty_record
    from newsdata.schema import canonical_json, digest

    def make(records: Iterable[Record]):
        observations = []
        for number, values in enumerate(records):
            record = empty_record(**values)
            canonical = schema.canonical(record)
            key = input_key(canonical_json(canonical))
            article = Article(record, Place("made.jsonl", number + 1, 0, 1))
            observations.append(Observation(canonical, digest(canonical), article, key))
        batch, misfits = article_rows(observations, schema, Hashing())
        assert not misfits
        return batch

    return make
