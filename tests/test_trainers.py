"""The configs for trainers: weights, tokens, formats, and which version a change of them asks for.

The tokenizers are trained here on invented words, so that nothing is fetched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented import build, contents, record, sealed, words

import newsdata
from newsdata.cli import run
from newsdata.errors import EngineError, UsageError
from newsdata.exporters.audit import verify
from newsdata.exporters.manifest import self_hash, to_bytes
from newsdata.exporters.names import MANIFEST, SELF
from newsdata.exporters.sealed import read_manifest
from newsdata.trainers import weight
from newsdata.training.preparation import make
from newsdata.training.tokens import fingerprint, token_counter

ALL = "text,headlines,summaries,rubrics"


def articles(count: int = 40) -> list[dict[str, Any]]:
    return [{**record(n), "lead": f"Lead of number {n}"} for n in range(count)]


def tokenizer(seed: int = 0, **cut: Any) -> bytes:
    """A byte-level BPE that knows some words, with a special token before every text."""
    tokenizers = pytest.importorskip("tokenizers", reason="the library tokenizers counts")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator([words(seed), "Write a headline for this news article."], trainer)
    made.post_processor = tokenizers.processors.TemplateProcessing("<s> $A", None, [("<s>", 0)])
    if cut:
        made.enable_truncation(**cut)
        made.enable_padding(length=512)
    return made.to_str().encode()


# -- weights ------------------------------------------------------------------------------------


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_weight_grows_with_the_copies_and_slower(one: int, other: int) -> None:
    assert weight(1) == 1
    assert (weight(one) < weight(other)) <= (one < other)
    assert weight(one * other) <= weight(one) + weight(other)


def test_every_config_has_the_weight_of_its_article(tmp_path: Path) -> None:
    made = articles()
    copies = [
        {**record(900 + n, text=made[7]["text"].upper()), "timestamp": "2025-01-01T00:00:00Z"}
        for n in range(4)
    ]
    release = sealed(build(tmp_path / "weights", [*made, *copies]), "1.0.0", configs=ALL)
    for config in ALL.split(","):
        rows = newsdata.load(release, config=config, to="arrow").to_pylist()
        assert {row["id"]: row["weight"] for row in rows} == {
            one["id"]: 2.6094 if one["id"] == "demo:7" else 1 for one in made
        }


# -- tokens -------------------------------------------------------------------------------------


def test_tokens_are_those_of_the_tokenizer_and_their_sums_stand_everywhere(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    plain, file = Tokenizer.from_str(tokenizer().decode()), tmp_path / "tokenizer.json"
    file.write_bytes(tokenizer(max_length=5))  # what is cut and padded there is not here
    folder = build(tmp_path / "tokens", articles())
    args = ["release", "1.0.0", "-a", str(folder), "--configs", ALL, "--split", "share:70,30"]
    assert run([*args, "--tokenizer", str(file)]) == 0
    release = folder / "releases" / "1.0.0"
    manifest = read_manifest(release)
    digest = fingerprint(file.read_bytes())
    assert manifest["settings"]["prepared"]["tokenizer"] == digest
    assert "tokenizers" in manifest["versions"]
    card = (release / "README.md").read_text("utf-8")
    assert digest in card

    def expected(row: dict[str, Any]) -> int:
        texts = [m["content"] for m in row["messages"]] if "messages" in row else [row["text"]]
        return sum(len(plain.encode(text, add_special_tokens=False).ids) for text in texts)

    for config in ALL.split(","):
        for split in ("train", "test"):
            rows = newsdata.load(release, config=config, split=split, to="arrow").to_pylist()
            assert [row["tokens"] for row in rows] == [expected(row) for row in rows]
            total = sum(row["tokens"] for row in rows)
            assert manifest["totals"]["tokens"][config][split] == total > len(rows)
            assert f"| `{config}` | `{split}` | {total:,} |" in card
    assert verify(release) == []
    manifest["totals"]["tokens"]["text"]["train"] += 1
    (release / MANIFEST).write_bytes(to_bytes({**manifest, SELF: self_hash(manifest)}))
    assert "text/train/tokens" in {finding.code for finding in verify(release)}


def test_counting_gives_the_same_bytes_in_any_batches_and_when_rebuilt(tmp_path: Path) -> None:
    made = articles()
    wish = {"configs": "text,headlines", "tokenizer": tokenizer()}
    one = build(tmp_path / "one", made)
    release = sealed(one, "1.0.0", **wish)
    many = sealed(build(tmp_path / "many", made[20:], made[:20]), "1.0.0", **wish)
    assert contents(release) == contents(many)
    again = newsdata.release("1.0.0", one, prepare=wish).sealed
    assert again is not None
    assert (again.created, again.differs) == (False, ())
    rebuild = newsdata.publishing.rebuild
    assert contents(rebuild("1.0.0", one, tmp_path / "r", None, tokenizer()).path) == contents(
        release
    )
    for other in (None, tokenizer(1)):
        with pytest.raises(UsageError, match=fingerprint(tokenizer())):
            rebuild("1.0.0", one, tmp_path / "other", None, other)


def test_what_is_no_tokenizer_is_told(tmp_path: Path, monkeypatch, capsys) -> None:
    for content in (b"", b"{}", b"\xff", b'{"model": 3}', b"[" * 100_000):
        with pytest.raises(UsageError, match="tokenizer"):
            make({"configs": "text", "tokenizer": content})
    with pytest.raises(UsageError, match="configs"):
        make({"tokenizer": tokenizer()})
    with pytest.raises(UsageError, match="bytes"):
        make({"configs": "text", "tokenizer": "tokenizer.json"})
    file = tmp_path / "tokenizer.json"
    file.write_bytes(tokenizer())
    folder = build(tmp_path / "none", articles(2))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(EngineError, match=r"newsdata\[tokens\]"):
        token_counter(b"{}")
    args = ["release", "1.0.0", "-a", str(folder), "--configs", "text", "--tokenizer", str(file)]
    assert run(args) == 3
    assert "pip install" in capsys.readouterr().err
    assert run([*args[:-1], str(tmp_path / "nowhere.json")]) == 3


# -- trl ----------------------------------------------------------------------------------------


def test_trl_trains_on_the_configs_as_they_are(tmp_path: Path) -> None:
    """NEWSDATA_TEST_TRL names a Python that has trl and torch, which are no dependencies of ours;
    without it this one is asked."""
    python = os.environ.get("NEWSDATA_TEST_TRL", sys.executable)
    has = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('trl', 'torch'))))"
    if subprocess.run([python, "-c", has], check=False).returncode:
        pytest.skip("trl and torch are not installed: NEWSDATA_TEST_TRL=python-that-has-them")
    folder = build(tmp_path / "trl", articles())
    release = sealed(folder, "1.0.0", configs=ALL, split="share:70,30", tokenizer=tokenizer())
    script = Path(__file__).with_name("trl_check.py")
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    env |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}
    done = subprocess.run(
        [python, script, release], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {name: one["conversational"] for name, one in found.items()} == {
        "text": False, "headlines": True, "summaries": True,
    }  # fmt: skip
    for name, one in found.items():
        assert one["losses"][-1] < one["losses"][0], name


# -- which version a change of the configs asks for ---------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("versions"), [record(n) for n in range(40)])
    sealed(folder, "1.0.0", configs="text,headlines", tokenizer=tokenizer())
    return folder


@pytest.mark.parametrize(
    ("configs", "seed", "version", "why"),
    [
        ("text,headlines", 0, "1.0.0", "nothing changed"),
        ("text,headlines,rubrics", 0, "1.1.0", "configs were added (rubrics)"),
        ("text,headlines,summaries", 0, "1.0.0", "nothing changed"),  # no article has a lead
        ("text,rubrics", 0, "2.0.0", "configs are gone (headlines)"),
        ("text,headlines", 1, "2.0.0", "another tokenizer"),
        ("text,headlines", None, "2.0.0", "no longer counted"),
        (None, None, "2.0.0", "configs are gone (text, headlines)"),
    ],
)
def test_a_change_of_the_configs_is_a_step(trained: Path, configs, seed, version, why) -> None:
    wish = {"configs": configs, "tokenizer": None if seed is None else tokenizer(seed)}
    proposal = newsdata.release(None, trained, prepare=wish).proposal
    assert str(proposal.version) == version
    assert why in proposal.reason


def test_tokens_where_none_were_counted_are_a_minor_step(tmp_path: Path) -> None:
    folder = build(tmp_path / "minor", articles(10))
    sealed(folder, "1.0.0", configs="text")
    wish = {"configs": "text", "tokenizer": tokenizer()}
    proposal = newsdata.release(None, folder, prepare=wish).proposal
    assert str(proposal.version) == "1.1.0"
    assert "tokens are counted now" in proposal.reason
    json.dumps(make(wish).printed())
