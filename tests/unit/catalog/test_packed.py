"""Texts as bytes, keys by hash, lists by key: they answer as a list and dictionaries would."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import packed
from catalog.masks import KEPT, Masks
from catalog.neighbours import Filter
from catalog.packed import Keys, Packed
from catalog.postings import Gatherer
from catalog.raw import pack, raw_of, unpack
from tests.kit.catalog import NOW, product, view

TEXTS = ["", "tea", "Tée 🍵", "tea ", "x" * 500]


def test_packed_texts_come_back_one_by_one() -> None:
    texts = Packed.of(text.encode() for text in TEXTS)
    assert [text.decode() for text in texts] == TEXTS
    assert texts[1:3] == [b"tea", "Tée 🍵".encode()]
    with pytest.raises(IndexError):
        texts[len(TEXTS)]


def test_a_key_is_found_by_its_text_alone() -> None:
    keys = Keys.of(Packed.of(text.encode() for text in TEXTS))
    assert dict(keys) == {text: at for at, text in enumerate(TEXTS)}
    assert keys.get("te") is None
    assert "te" not in keys
    with pytest.raises(KeyError):
        keys["te"]


def test_texts_that_share_a_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clumsy:
        @staticmethod
        def xxh3_64_intdigest(text: bytes) -> int:
            return len(text) % 2

    monkeypatch.setattr(packed, "xxhash", Clumsy)
    keys = Keys.of(Packed.of(text.encode() for text in TEXTS))
    assert [keys.get(text) for text in TEXTS] == list(range(len(TEXTS)))
    assert keys.find_all([*TEXTS, "no such thing"]).tolist() == [*range(len(TEXTS)), -1]
    assert "no such thing" not in keys


@given(st.lists(st.text(max_size=4), unique=True), st.lists(st.text(max_size=4)))
def test_many_keys_are_found_as_each_is(texts: list[str], asked: list[str]) -> None:
    keys = Keys.of(Packed.of(text.encode() for text in texts))
    asked = [*texts, *asked, *texts]
    assert keys.find_all(asked).tolist() == [texts.index(text) if text in texts else -1 for text in asked]


rows_of_keys = st.lists(st.lists(st.sampled_from("abcde"), max_size=4), min_size=1, max_size=12)


@given(rows_of_keys, st.data())
@settings(max_examples=60, deadline=None)
def test_edited_lists_are_those_made_anew(before: list[list[str]], data: st.DataObject) -> None:
    after = [data.draw(st.lists(st.sampled_from("abcdef"), max_size=4)) for _ in range(len(before) + 3)]
    order = np.array(data.draw(st.permutations(range(len(after)))), dtype=np.uint64)
    gatherers = Gatherer(), Gatherer()
    for gatherer, rows in zip(gatherers, (before, after), strict=True):
        for keys in rows:
            gatherer.add(keys)
    old, anew = gatherers[0].postings(order[: len(before)]), gatherers[1].postings(order)
    gone = [(row, key) for row, keys in enumerate(before) for key in set(keys)]
    edited = old.edited(gone, [(row, key) for row, keys in enumerate(after) for key in set(keys)], order)
    assert {key: rows.tolist() for key, rows in edited.items()} == {key: rows.tolist() for key, rows in anew.items()}
    assert edited.firsts(2).tolist() == anew.firsts(2).tolist()
    assert ("f" in edited, len(edited)) == ("f" in anew, len(anew))
    assert {key: rows.tolist() for key, rows in edited.reordered(order[::-1]).items()} == {
        key: rows.tolist() for key, rows in anew.reordered(order[::-1]).items()
    }
    assert {key: sorted(rows.tolist()) for key, rows in old.items()} == {
        key: [row for row, keys in enumerate(before) if key in keys] for key in {k for keys in before for k in keys}
    }


def test_a_product_comes_back_from_its_bytes() -> None:
    one = product(
        "p",
        "Tée",
        sale_price=Decimal("9.9999"),
        sale_price_ends=NOW + timedelta(microseconds=1),
        attributes={"leaf": ["whole", 2], "organic": True, "size": {"w": 1.5}},
        stock=2**40,
    )
    raw = raw_of(one)
    assert unpack(pack(raw)) == raw
    assert view([one]).product(0) == one


def test_only_the_masks_asked_for_last_are_kept() -> None:
    masks, of = Masks(), view([])
    made = [masks.get(number, lambda: Filter(of, np.zeros(0, dtype=np.bool_))) for number in range(KEPT)]
    assert masks.get(0, lambda: made[1]) is made[0]
    fresh = Filter(of, np.zeros(0, dtype=np.bool_))
    masks.get("one more", lambda: fresh)
    assert masks.get(1, lambda: fresh) is fresh
    assert masks.get(0, lambda: fresh) is made[0]
