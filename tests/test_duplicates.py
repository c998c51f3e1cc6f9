"""The ledger's rules: the state is a function of the set of observations, however they came."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsdata.duplicates import ExactLinker, Row, decide
from newsdata.settings import Settings
from newsdata.versions import Event, History, Version, components, current, keep_key, state_of

END = 9
MANY = int(os.environ.get("NEWSDATA_TEST_EXAMPLES", "120"))


class Ledger:
    """The rows of a ledger in memory: the simplest thing that answers what decide() asks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rows: list[tuple[str, Row, Version | None]] = []
        self.now = -1

    def histories(self, ids: Iterable[str]) -> Mapping[str, History]:
        found = {i: History() for i in ids}
        for id_, row, version in self.rows:
            if id_ in found:
                if version is not None:
                    found[id_].versions[version.digest] = version
                if row.outcome != "revision":
                    found[id_].last = Event(row.outcome, row.digest, row.of, row.reason)
        return found

    def with_text(self, fingerprint: bytes) -> Iterator[str]:
        return iter(
            dict.fromkeys(
                i for i, _, v in self.rows if v is not None and v.fingerprint == fingerprint
            )
        )

    def copies_of(self, id_: str) -> Iterable[str]:
        return {i for i, row, _ in self.rows if row.of == id_}

    def embargo_ends(self, after: int, until: int) -> Iterable[str]:
        return {
            i for i, _, v in self.rows if v and v.until is not None and after < v.until <= until
        }

    def append(self, batch: list[Version], now: int):
        linker = ExactLinker(self.with_text)
        decision = decide(batch, self, linker, self.settings, now, self.now)
        for version, row in zip(batch, decision.rows, strict=True):
            if row is not None:
                self.rows.append((version.id, row, version))
        self.rows += [(id_, row, None) for id_, row in decision.state]
        self.now = now
        return decision

    def state(self) -> dict[str, Event]:
        last = {i: row for i, row, _ in self.rows if row.outcome != "revision"}

        def kept(id_: str) -> str:
            while last[id_].of is not None:
                id_ = last[id_].of
            return id_

        return {
            i: Event(r.outcome, r.digest, kept(i) if r.of else None, r.reason)
            for i, r in last.items()
        }


def without_withheld_digests(state: Mapping[str, Event]) -> dict[str, Event]:
    """Which of several withheld versions an event names depends on arrival; nothing shows it."""
    return {i: e._replace(digest="") if e.outcome == "withheld" else e for i, e in state.items()}


def version(id_: str = "a", digest: str = "d", text: int = 0, **facts) -> Version:
    values = {
        "modified": None,
        "timestamp": 1,
        "withdrawn": False,
        "until": None,
        "length": 100,
        "words": 5,
        "outline": b"",
        "source": None,
        "reading": digest.encode(),
        "extractor_version": 1,
    }
    values.update(facts)
    return Version(id=id_, digest=digest, fingerprint=b"%016d" % text, **values)


@st.composite
def universes(draw) -> list[Version]:
    texts = st.integers(0, 4)  # text 0 has no words
    ids = st.sampled_from([f"i{n}" for n in range(draw(st.integers(2, 8)))])
    time = st.none() | st.integers(1, 5)
    size = draw(st.integers(1, 25))
    return [
        version(
            draw(ids),
            f"d{n:02}",
            text := draw(texts),
            modified=draw(st.none() | st.none() | st.integers(1, 6)),
            timestamp=draw(time),
            withdrawn=draw(st.integers(0, 6)) == 0,
            until=draw(st.none() | st.none() | st.integers(1, 12)),
            length=100 + draw(st.integers(0, 2)),
            words=5 * bool(text),
            source=draw(st.sampled_from([None, "x.example", "y.example"])),
            reading=b"%d" % draw(st.integers(0, 30)),
            extractor_version=draw(st.integers(1, 2)),
        )
        for n in range(size)
    ]


policies = st.sampled_from(
    [
        Settings(),
        Settings(keep="latest"),
        Settings(keep="longest"),
        Settings(prefer=("y.example",)),
    ]
)


@hypothesis_settings(max_examples=MANY, deadline=None)
@given(universes(), policies, st.randoms(use_true_random=False))
def test_any_cut_in_any_order_ends_in_the_same_state(universe, policy, rng: random.Random):
    wanted = without_withheld_digests(state_of(universe, END, policy))
    observations = universe + rng.choices(universe, k=3)
    rng.shuffle(observations)
    ledger, now = Ledger(policy), 0
    while observations:
        cut = rng.randint(1, 6)
        now = min(END, now + rng.randint(0, 3))
        ledger.append(observations[:cut], now if observations[cut:] else END)
        observations = observations[cut:]
    assert without_withheld_digests(ledger.state()) == wanted
    rows = len(ledger.rows)
    again = ledger.append(universe, END)
    assert len(ledger.rows) == rows, "what is known already appends nothing"
    assert set(again.rows) == {None}


@hypothesis_settings(max_examples=100, deadline=None)
@given(universes(), policies)
def test_every_new_observation_appends_exactly_one_row_that_carries_it(universe, policy):
    ledger = Ledger(policy)
    ledger.append(universe, END)
    carried = [v.digest for _, _, v in ledger.rows if v is not None]
    assert sorted(carried) == sorted({v.digest for v in universe})


def test_revisions_in_the_wrong_order():
    ledger = Ledger(Settings())
    assert ledger.append([version("a", "new", 1, modified=5)], 9).rows[0].outcome == "article"
    late = ledger.append([version("a", "old", 2, modified=3)], 9)
    assert late.rows == [Row("revision", "old", reason="superseded")]
    assert late.revisions == 1
    newest = ledger.append([version("a", "newest", 3, modified=7)], 9)
    assert (newest.rows[0].outcome, newest.superseded) == ("article", 1)


def test_an_embargoed_copy_does_not_take_its_published_twin_down():
    ledger = Ledger(Settings())
    ledger.append([version("b", "d1", 1, timestamp=4)], 5)
    held = ledger.append([version("a", "d2", 1, timestamp=1, until=8)], 5)
    assert held.rows == [Row("withheld", "d2", reason="embargo")]
    assert held.rekept == 0
    out = ledger.append([], 8)
    assert out.released == 1
    assert dict(out.state)["a"].outcome == "article"
    assert dict(out.state)["b"] == Row("duplicate", "d1", "a", "exact", 1.0)


def test_an_embargoed_update_leaves_the_published_version_up():
    ledger = Ledger(Settings())
    ledger.append([version("a", "d1", 1)], 5)
    update = ledger.append([version("a", "d2", 2, modified=6, until=8)], 5)
    assert update.rows == [Row("revision", "d2", reason="embargo")]
    assert ledger.state()["a"] == Event("article", "d1")


def test_a_withdrawn_kept_article_hands_over_to_its_copy():
    ledger = Ledger(Settings())
    ledger.append([version("a", "d1", 1, timestamp=1), version("b", "d2", 1, timestamp=2)], 5)
    assert ledger.state()["b"].of == "a"
    gone = ledger.append([version("a", "d3", 1, withdrawn=True, timestamp=1)], 5)
    assert gone.rows == [Row("withheld", "d3", reason="withdrawn")]
    assert ledger.state()["b"] == Event("article", "d2")
    assert gone.rekept == 1


def test_a_title_fix_of_a_kept_article_does_not_rewrite_its_copies():
    ledger = Ledger(Settings())
    ledger.append(
        [version("a", "d1", 1)] + [version(f"b{n}", f"e{n}", 1, timestamp=2) for n in range(50)], 5
    )
    rows = len(ledger.rows)
    ledger.append([version("a", "d2", 1, modified=4)], 5)
    assert len(ledger.rows) == rows + 1


def test_joining_appends_one_row_for_each_kept_article_that_lost():
    ledger = Ledger(Settings())
    ledger.append([version("b", "d1", 1, timestamp=3), version("c", "d2", 1, timestamp=4)], 5)
    late = ledger.append([version("a", "d0", 1, timestamp=1)], 5)
    assert late.rows[0].outcome == "article"
    assert [i for i, _ in late.state] == ["b"]
    assert {i: e.of for i, e in ledger.state().items()} == {"a": None, "b": "a", "c": "a"}


def test_the_newest_extractor_counts_of_several_readings_of_one_input():
    old = version("a", "zzz", 1, reading=b"r", extractor_version=1, modified=9)
    new = version("a", "aaa", 2, reading=b"r", extractor_version=2, modified=1)
    assert current([old, new], END)[0] == new


def test_a_missing_time_is_lowest_and_for_a_withdrawal_highest():
    dated = version("a", "d1", modified=5)
    undated = version("a", "d2", timestamp=None)
    recalled = version("a", "d3", timestamp=None, withdrawn=True)
    assert current([dated, undated], END)[0] == dated
    assert current([dated, recalled], END)[::2] == (None, "withdrawn")


def test_texts_without_words_are_no_copies_of_each_other():
    a, b = version("a", "d1", words=0), version("b", "d2", words=0)
    assert {e.outcome for e in state_of([a, b], END, Settings()).values()} == {"article"}


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (Settings(), "old"),
        (Settings(keep="latest"), "new"),
        (Settings(keep="longest"), "long"),
        (Settings(prefer=("wanted.example",)), "liked"),
    ],
)
def test_keep_policies(policy, kept):
    copies = [
        version("old", "d1", timestamp=1),
        version("new", "d2", timestamp=9),
        version("long", "d3", timestamp=5, length=500),
        version("liked", "d4", timestamp=5, source="wanted.example"),
        version("undated", "d5", timestamp=None),
    ]
    assert min(copies, key=lambda v: keep_key(v, policy)).id == kept


def test_a_large_family_costs_one_row_for_a_new_copy():
    ledger = Ledger(Settings())
    ledger.append([version(f"a{n:03}", f"d{n}", 1, timestamp=n) for n in range(200)], 5)
    added = ledger.append([version("z", "dz", 1, timestamp=500)], 5)
    assert len([r for r in added.rows if r]) + len(added.state) == 1


def test_components_group_what_is_linked():
    groups = components("abcde", [("a", "b"), ("d", "e"), ("b", "a")])
    assert sorted(map(sorted, groups)) == [["a", "b"], ["c"], ["d", "e"]]


def test_two_articles_under_one_id_are_reported():
    ledger = Ledger(Settings())
    outline = bytes(range(32))
    ledger.append([version("a", "d1", 1, outline=outline)], 5)
    akin = ledger.append([version("a", "d2", 2, outline=outline[:2] + bytes(30), modified=3)], 5)
    assert akin.same_id_other_text == 0
    other = ledger.append([version("a", "d3", 3, outline=bytes(range(100, 132)), modified=4)], 5)
    assert other.same_id_other_text == 1
