"""YAML of our own is read in C, and means what it means to PyYAML's own parser."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from store import plain_yaml
from store.plain_yaml import read_words, read_yaml

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    path for room in ("prompts", "evals", "catalog", "memory", "demo") for path in (ROOT / room).rglob("*.yaml")
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_every_shipped_file_says_the_same_to_both_parsers() -> None:
    assert SHIPPED
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        assert read_yaml(text) == yaml.safe_load(text), path


@given(PLAIN)
def test_what_was_written_is_read(value: object) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert read_yaml(text) == yaml.safe_load(text) == value


@pytest.mark.parametrize(
    "text",
    ["one: 1\ntwo: [2, 3\nthree: 3\n", "one: 'open\n", "a: b: c\n", "bell: \x07\n", "half: \ud800\n", "d: 2020-13-45"],
)
def test_a_mistake_is_told_in_the_same_words(text: str) -> None:
    with pytest.raises((yaml.YAMLError, ValueError)) as said:
        read_yaml(text)
    with pytest.raises(type(said.value)) as wanted:
        yaml.safe_load(text)
    assert str(said.value) == str(wanted.value)


def test_a_mistake_names_its_line_and_shows_it() -> None:
    with pytest.raises(yaml.MarkedYAMLError) as said:
        read_yaml("one: 1\ntwo: 2\n  three: 3\n")
    assert "line 3" in str(said.value)
    assert "three: 3" in str(said.value)


def test_the_parser_in_c_reads_where_there_is_one() -> None:
    assert plain_yaml.LOADER is getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def test_a_text_makes_no_objects() -> None:
    with pytest.raises(yaml.YAMLError):
        read_yaml("!!python/object/apply:os.system ['true']")
    assert read_words("!!python/object/apply:os.system ['true']") == ["true"]


def test_words_stay_words() -> None:
    assert read_words("off: [no, 1, 2024-01-01]") == {"off": ["no", "1", "2024-01-01"]}
