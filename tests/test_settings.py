"""Promises of the settings as a value and as ``newsdata.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsdata.errors import SettingsError
from newsdata.settings import CHECKS, EXPECTED, MEANING, Settings, to_toml, with_values

ANY_TEXT = st.text(st.characters())  # also control characters and half surrogates
ANYTHING = st.one_of(
    ANY_TEXT,
    st.lists(ANY_TEXT, max_size=3),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(["latest", "day", "Europe/Minsk", "0.5", "7", 10**400]),
)


def read_back(settings: Settings) -> dict[str, Any]:
    """The settings that the text of ``newsdata.toml`` gives when it is read from a file."""
    given = tomllib.loads(to_toml(settings).encode().decode())
    return asdict(with_values(Settings(), given, "newsdata.toml"))


@given(st.sampled_from(sorted(CHECKS)), ANYTHING)
@example("name", 'a "quoted" \\ name \\u0041')
@example("prefer", ['"', "\\", "a,b", "\u202e"])
@example("threshold", 0.05)
@example("threshold", 10**400)
@example("seed", 2**63 - 1)
def test_every_accepted_value_comes_back_from_the_file(name: str, value: Any) -> None:
    try:
        settings = with_values(Settings(), {name: value}, "--set")
    except SettingsError:
        return  # no other error may come
    assert read_back(settings) == asdict(settings)


@given(ANY_TEXT)
def test_toml_escapes_whatever_utf8_can_hold(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    written = to_toml(Settings(name=text, prefer=(text,)))
    assert tomllib.loads(written)["name"] == text
    assert tomllib.loads(written)["prefer"] == [text]


@pytest.mark.parametrize("bad", ["\r", "\n", "\t", "\x01", "\x1b", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("name", ["name", "prefer"])
def test_names_with_control_characters_are_refused_in_words(name: str, bad: str) -> None:
    for value in (f"a{bad}b", f"a{bad}"):
        with pytest.raises(SettingsError, match=f"--set: {name}: .*control characters") as caught:
            with_values(Settings(), {name: value}, "--set")
        assert bad not in str(caught.value)


def test_names_that_no_file_can_hold_are_refused() -> None:
    for name, value in (("name", "a\udce9"), ("prefer", ["b\ud800"])):
        with pytest.raises(SettingsError, match="expected"):
            with_values(Settings(), {name: value}, "--set")


def test_every_setting_is_checked_and_explained() -> None:
    assert set(CHECKS) == set(MEANING) == set(EXPECTED) == set(asdict(Settings()))
