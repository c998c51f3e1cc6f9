"""The near graph: the same clusters in any order and cut, and the ones brute force finds.

All texts here are invented, except in the test that reads a shared corpus when it is present.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.errors import SettingsError
from newsdata.fingerprints import Fingerprints, Hashing, fingerprint_batch, fingerprint_blocks
from newsdata.neighbours import (
    Forest,
    Joined,
    Near,
    Shelf,
    band_key,
    band_keys,
    components,
    contained,
    graph,
    jaccards,
    link,
    lookup,
    overlap,
    pairs,
    storage,
)
from newsdata.neighbours.family import prefix_lengths

CORPUS = Path(__file__).parents[2] / "shared/data/dedup/en10k.jsonl.zst"


# ---- invented corpora ---------------------------------------------------------------------------


def sentence(rng: random.Random, words: int, vocabulary: int = 5000) -> list[str]:
    return [f"w{rng.randrange(vocabulary)}" for _ in range(words)]


def edited(rng: random.Random, words: list[str], edits: int) -> list[str]:
    words = list(words)
    for _ in range(edits):
        place = rng.randrange(len(words))
        words[place : place + rng.choice((0, 1))] = [f"e{rng.randrange(10**6)}"]
    return words


def families(rng: random.Random, texts: int) -> list[str]:
    """Copies with edits, shared paragraphs, bulletins of one template, headlines, empty texts."""
    made: list[list[str]] = [[], ["…"], sentence(rng, 3)]
    paragraphs = [sentence(rng, rng.randrange(20, 60)) for _ in range(6)]
    template = sentence(rng, 80)
    while len(made) < texts:
        kind = rng.randrange(5)
        if kind == 0:
            base = sentence(rng, rng.randrange(1, 120))
            made += [edited(rng, base, rng.randrange(4)) for _ in range(rng.randrange(1, 6))]
        elif kind == 1:
            made.append([w for p in rng.sample(paragraphs, 4) for w in p])
        elif kind == 2:
            made.append(edited(rng, template, rng.randrange(1, 5)))
        elif kind == 3:
            made.append(sentence(rng, rng.randrange(1, 7), vocabulary=6))
        else:
            made.append(list(rng.choice(made)))
    rng.shuffle(made)
    return [" ".join(words) for words in made[:texts]]


def shelf_of(texts: list[str], hashing: Hashing | None = None) -> Shelf:
    shelf = Shelf()
    shelf.add(fingerprint_batch(texts, hashing))
    return shelf


def brute_force(texts: list[str], near: Near, hashing: Hashing | None = None) -> np.ndarray:
    """The definition, pair by pair."""
    prints = fingerprint_batch(texts, hashing)
    sets = [set(prints.shingle_set(row).tolist()) for row in range(len(texts))]
    pairs = [
        (i, j)
        for i in range(len(texts))
        for j in range(i)
        if prints.words[i] and prints.words[j] and is_near(prints, sets, i, j, near)
    ]
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    return components(len(texts), left, right)


def is_near(prints: Fingerprints, sets: list[set[int]], i: int, j: int, near: Near) -> bool:
    if (prints.exact[i] == prints.exact[j]).all():
        return True
    same = prints.sketch[i] == prints.sketch[j]
    if same.sum() < near.least_equal or not same.reshape(near.bands, -1).all(axis=1).any():
        return False
    shared = len(sets[i] & sets[j])
    return shared / len(sets[i] | sets[j]) >= near.threshold - 1e-12


def partition(labels: np.ndarray, names: list[int]) -> set[frozenset[int]]:
    groups: dict[int, list[int]] = {}
    for label, name in zip(labels.tolist(), names, strict=True):
        groups.setdefault(label, []).append(name)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


@pytest.fixture(params=["light", "join", "pairs"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """How pairs are found: as usual; all by the prefix join; all heavy, but pair by pair."""
    if request.param != "light":
        monkeypatch.setattr(graph, "_HEAVY", -1)
    total = {"light": None, "join": 0, "pairs": 1 << 60}[request.param]
    if total is not None:  # what the join counts as its candidates
        monkeypatch.setattr(pairs.Ranges, "total", lambda self: total)
    return request.param


@pytest.fixture(params=[True, False], ids=["scouts", "no scouts"])
def scouts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:  # nothing is connected yet when the other passes begin
        monkeypatch.setattr(graph._Search, "scout", lambda self: None)


# ---- the law: components are those of the definition --------------------------------------------


@pytest.mark.parametrize("near", [Near(), Near(0.4), Near(0.9), Near(0.6, rows=4)], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_components_are_those_of_the_definition(
    seed: int, near: Near, way: str, scouts: None
) -> None:
    texts = families(random.Random(seed), 130)
    hashing = Hashing(ngram=3 if near.threshold < 0.5 else 5, seed=seed)
    expected = brute_force(texts, near, hashing)
    found = link(shelf_of(texts, hashing), near)
    assert found.labels.tolist() == expected.tolist()
    assert len(partition(expected, list(range(130)))) > 5


@given(st.integers(0, 10**9), st.integers(1, 90))
@settings(max_examples=25, deadline=None)
def test_any_order_and_any_batches_give_the_same_clusters(seed: int, size: int) -> None:
    rng = random.Random(seed)
    texts = families(rng, size)
    expected = partition(link(shelf_of(texts)).labels, list(range(size)))
    order = list(range(size))
    rng.shuffle(order)
    shelf = shelf_of([texts[number] for number in order])
    labels = np.arange(size)
    done = 0
    while done < size:  # each batch knows only the labels of what came before
        done_now = min(size, done + rng.randrange(1, 40))
        rows = np.arange(done_now)
        labels = link(Joined([(shelf, rows)]), labels=labels[:done_now], fresh=rows >= done).labels
        labels = np.append(labels, np.arange(done_now, size))
        done = done_now
    assert partition(labels, order) == expected


def test_batches_in_every_way_of_search(way: str, scouts: None) -> None:
    texts = families(random.Random(99), 160)
    expected = link(shelf_of(texts)).labels
    shelf, labels = shelf_of(texts), np.zeros(0, np.int64)
    for begin in range(0, 160, 40):
        rows = np.arange(begin + 40)
        labels = np.append(labels, np.arange(begin, begin + 40))
        labels = link(Joined([(shelf, rows)]), labels=labels, fresh=rows >= begin).labels
    assert labels.tolist() == expected.tolist()


def test_an_index_of_bands_brings_all_that_a_batch_touches() -> None:
    rng = random.Random(5)
    texts = families(rng, 300)
    near = Near()
    expected = partition(link(shelf_of(texts)).labels, list(range(300)))
    old, new = shelf_of(texts[:220]), shelf_of(texts[220:])
    known = link(old)
    touched = []
    for band, keys in enumerate(band_keys(old.sketch, near).T):
        rows = np.flatnonzero(old.words)
        rows = rows[np.argsort(keys[rows], kind="stable")]
        wanted = band_key(new.sketch[new.words > 0], near, band)
        touched.append(lookup(keys[rows], rows, wanted))
    rows = np.unique(np.concatenate(touched))
    assert len(rows) < 200
    both = Joined([(old, rows), (new, np.arange(80))])
    names = [*rows.tolist(), *range(220, 300)]
    labels = np.append(known.labels[rows], np.arange(220, 300))
    found = link(both, near, labels=labels, fresh=np.arange(len(names)) >= len(rows))
    # the archive joins what the batch connected with the clusters it already had
    pairs = [(names[found.labels[i]], names[i]) for i in range(len(names))]
    left, right = np.array(pairs).T
    forest = Forest(300)
    forest.join(np.arange(220), known.labels)
    forest.join(left, right)
    assert partition(forest.labels(), list(range(300))) == expected


def test_a_component_falls_apart_when_its_bridge_is_removed() -> None:
    words = sentence(random.Random(1), 100)
    tail = [f"x{i}" for i in range(10)]
    two = words[:90] + tail
    three = [f"y{i}" for i in range(10)] + two[10:]  # near two (.81), but not one (.66)
    chain = [" ".join(text) for text in (words, two, three)]
    assert link(shelf_of(chain)).labels.tolist() == [0, 0, 0]
    assert link(shelf_of([chain[0], chain[2]])).labels.tolist() == [0, 1]


# ---- forms of one text --------------------------------------------------------------------------


def test_copies_in_other_forms_are_one_cluster() -> None:
    text = "Ёлка на площади: кафе\u0301 «Уют» открыто до 23.00, сообщили в мэрии сегодня утром"
    forms = [text, text.upper(), text.replace(" ", " \n"), text.replace("Ё", "Е"), f"— {text}!!"]
    assert link(shelf_of([*forms, "другая новость"])).labels.tolist() == [0, 0, 0, 0, 0, 5]


def test_texts_without_words_are_never_linked() -> None:
    assert link(shelf_of(["", "…", "", "a", "a"])).labels.tolist() == [0, 1, 2, 3, 3]
    assert link(shelf_of([])).labels.tolist() == []
    assert link(shelf_of(["alone"])).labels.tolist() == [0]


# ---- families of boilerplate --------------------------------------------------------------------


def test_bulletins_of_one_template_around_the_threshold() -> None:
    rng = random.Random(3)
    template = sentence(rng, 200)
    texts = [" ".join(edited(rng, template, rng.randrange(3, 9))) for _ in range(350)]
    shelf = shelf_of(texts)
    left, right = np.triu_indices(350, 1)
    shared, union = jaccards(shelf, left, right)
    scores = shared / union
    assert ((scores > 0.55) & (scores < 0.75)).sum() > 10_000 < (scores >= 0.75).sum() * 10
    found = link(shelf)
    assert found.labels.tolist() == brute_force(texts, Near()).tolist()


def test_a_family_of_texts_that_are_not_near_takes_few_verifications() -> None:
    rng = random.Random(4)
    template = sentence(rng, 160)
    texts = []
    for _ in range(600):  # 80 % in common: Jaccard about .65, so most pairs pass the sketches
        own = sentence(rng, 40, 10**9)
        texts.append(" ".join(template + own))
    found = link(shelf_of(texts))
    assert found.work["heavy"] == 600
    assert found.work["verified"] < 60_000 < 600 * 599 / 2
    assert found.labels.tolist() == list(range(600))


def test_one_text_many_times_costs_nothing() -> None:
    prints = fingerprint_batch(["the same words again and again in every single text here"] * 5000)
    shelf = Shelf()
    shelf.add(prints)
    found = link(shelf)
    assert (found.labels == 0).all()
    assert found.work["compared"] == 0


# ---- rule ---------------------------------------------------------------------------------------


def test_settings_that_follow_from_the_threshold() -> None:
    assert Near() == Near(0.75, 32, 4, 76)
    assert (Near(0.4).bands, Near(0.4).rows, Near(0.4).least_equal) == (64, 2, 29)
    assert Near(1.0).least_equal == 128
    assert Near(0.75, bands=16).rows == 8
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        near = Near(threshold)
        assert (1 - threshold**near.rows) ** near.bands < 1e-3


@pytest.mark.parametrize(
    "wrong",
    [{"threshold": 0.0}, {"threshold": 1.5}, {"rows": 3}, {"bands": 5}, {"bands": 32, "rows": 2}],
)
def test_settings_that_make_no_rule(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Near(**wrong)


def test_the_threshold_is_decided_in_whole_numbers() -> None:
    near = Near(0.3)  # 0.3 * 10 is 3.0000000000000004 in binary the other way round
    reached = near.reached(np.array([3, 3]), np.array([5, 6]), np.array([8, 8]))
    assert reached.tolist() == [True, False]


@given(st.sets(st.integers(0, 60), min_size=1), st.sets(st.integers(0, 60), min_size=1))
@settings(max_examples=300)
def test_prefixes_of_near_sets_meet(one: set[int], other: set[int]) -> None:
    near = Near(0.6)
    larger, smaller = sorted((sorted(one), sorted(other)), key=len, reverse=True)
    probing, _ = prefix_lengths(np.array([len(larger)]), near)
    _, indexing = prefix_lengths(np.array([len(smaller)]), near)
    meet = set(larger[: probing[0]]) & set(smaller[: indexing[0]])
    if len(one & other) / len(one | other) >= 0.6:
        assert meet


# ---- parts --------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_components_agree_with_walking(pairs: list[tuple[int, int]]) -> None:
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    labels = list(range(31))
    for _ in range(31):
        for a, b in pairs:
            labels[a] = labels[b] = min(labels[a], labels[b])
    assert components(31, left, right).tolist() == labels


SETS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=700)


@given(st.lists(st.tuples(SETS, SETS), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_overlaps_agree_with_python_sets(pairs: list[tuple[list[int], list[int]]]) -> None:
    flat = [values for pair in pairs for values in pair]
    borders = np.cumsum([0] + [len(values) for values in flat])
    joined = np.array([value for values in flat for value in values], np.uint64)
    sets = overlap.distinct_sets(joined, borders)
    assert [part.tolist() for part in sets] == [sorted(set(values)) for values in flat]
    counts = overlap.shared_counts(sets[::2], sets[1::2])
    assert counts.tolist() == [len(set(a) & set(b)) for a, b in pairs]


def test_a_spilled_shelf_answers_as_one_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = families(random.Random(8), 120)
    with tempfile.TemporaryFile(buffering=0) as spill, tempfile.TemporaryFile() as sketches:
        spill.write(b"something of the engine's own")
        spilled, kept = Shelf(spill, sketches), Shelf()
        for prints in fingerprint_blocks(texts[:70]):
            spilled.add(prints)
            kept.add(prints)
        for shelf in (spilled, kept):
            shelf.add(fingerprint_batch(texts[70:]))
        rows = np.array([119, 0, 3, 70, 71, 3])
        for one, other in zip(spilled.shingles(rows), kept.shingles(rows), strict=True):
            assert one.tolist() == other.tolist()
        assert len(spilled.sketch) == len(kept.sketch) == 120
        assert (spilled.sketch[rows] == kept.sketch[rows]).all()
        assert (spilled.sketch[3:90] == kept.sketch[3:90]).all()
        monkeypatch.setattr(storage, "_CHUNK", 7)
        monkeypatch.setattr(graph, "_COLUMNS", 1)
        assert (spilled.sketch[rows] == kept.sketch[rows]).all()
        assert link(spilled).labels.tolist() == link(kept).labels.tolist()


def test_edges_span_the_components_and_carry_their_scores() -> None:
    texts = families(random.Random(21), 150)
    shelf = shelf_of(texts)
    found = link(shelf)
    shared, union = jaccards(shelf, found.left, found.right)
    assert shared.tolist() == found.shared.tolist()
    assert union.tolist() == found.union.tolist()
    assert (shared * 4 >= union * 3).all()
    forest = Forest(150)
    forest.join(found.left, found.right)
    exact: dict[bytes, int] = {}
    for row in np.flatnonzero(shelf.words).tolist():
        first = exact.setdefault(shelf.exact[row].tobytes(), row)
        forest.join(np.array([first]), np.array([row]))
    assert forest.labels().tolist() == found.labels.tolist()


def test_contained_texts_are_evidence_not_links() -> None:
    rng = random.Random(2)
    story = sentence(rng, 300)
    texts = [" ".join(story), " ".join(story[:160]), " ".join(sentence(rng, 150)), " ".join(story)]
    shelf = shelf_of(texts)
    assert link(shelf).labels.tolist() == [0, 1, 2, 0]
    found = contained(shelf, np.array([0, 1, 2]))
    assert (found.inner.tolist(), found.outer.tolist()) == ([1], [0])
    assert found.share() == [1.0]
    assert len(contained(shelf, np.array([0, 2])).inner) == 0


# ---- real texts ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Shelf:
    if not CORPUS.exists():
        pytest.skip("shared/data/dedup is not here")
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    with zstd.open(CORPUS, "rt") as lines:
        records = [json.loads(line) for line in lines][:3000]
    return shelf_of([record["text"] for record in records])


def test_on_real_texts_almost_every_pair_at_the_threshold_is_linked(
    real: Shelf,
) -> None:
    found = link(real)
    left, right = pairs_by_inverted_index(real)
    shared, union = jaccards(real, left, right)
    near = shared * 4 >= union * 3
    assert near.sum() > 100
    linked = found.labels[left[near]] == found.labels[right[near]]
    assert linked.mean() >= 0.999
    assert (found.shared * 4 >= found.union * 3).all()


def pairs_by_inverted_index(shelf: Shelf) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of texts that share at least half the shingles of one of them."""
    values, borders = shelf.shingles(np.arange(len(shelf)))
    sets = overlap.distinct_sets(values, borders)
    sizes = np.array(list(map(len, sets)))
    values, owner = np.concatenate(sets), np.repeat(np.arange(len(sets)), sizes)
    order = np.argsort(values, kind="stable")
    values, owner = values[order], owner[order]
    runs = np.split(owner, np.flatnonzero(values[1:] != values[:-1]) + 1)
    meetings = []
    for run in (run for run in runs if len(run) > 1):
        one, other = np.triu_indices(len(run), 1)
        meetings.append(run[one] << 32 | run[other])
    pairs, count = np.unique(np.concatenate(meetings), return_counts=True)
    left, right = pairs >> 32, pairs & 0xFFFFFFFF
    half = count * 2 >= np.minimum(sizes[left], sizes[right])
    return left[half], right[half]


def test_the_room_imports_little() -> None:
    code = "import sys, newsdata.neighbours; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.lists(st.integers(0, 40) | st.integers(0, 2**64 - 1), max_size=80))
def test_suspects_are_all_that_stand_twice(keys: list[int]) -> None:
    found = graph._suspects(np.array(keys, np.uint64)).tolist()
    assert found == sorted(set(found))
    assert {i for i, key in enumerate(keys) if keys.count(key) > 1} <= set(found)
