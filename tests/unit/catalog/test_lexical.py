"""The index of words: BM25 as others compute it, and the same however its products came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import lexical
from catalog.analysis import language_of, stem, tokens
from catalog.lexical import Texts, WordIndex, matches

WORDS = st.sampled_from("tea pot green black leaf kettle lamp FZ35K cup of the".split())
TEXTS = st.builds(
    Texts,
    title=st.lists(WORDS, max_size=5).map(" ".join),
    brand=st.sampled_from(["", "Aoki"]),
    description=st.lists(WORDS, max_size=12).map(" ".join),
)


@given(st.lists(TEXTS, min_size=1, max_size=12), st.data())
@settings(max_examples=80)
def test_products_added_later_are_found_as_if_they_had_been_there(listed: list[Texts], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(listed)), max_size=3)))
    parts = [listed[start:end] for start, end in zip([0, *cuts], [*cuts, len(listed)], strict=True)]
    whole = WordIndex.build(listed)
    grown = WordIndex(whole.language, 0, WordIndex.build([]).segments)
    for part in parts:
        grown = grown.extended(part)
    query = "green tea FZ35K lamp"
    assert np.allclose(whole.score(whole.read(query)), grown.score(grown.read(query)), atol=1e-3)
    rows = np.arange(len(listed), dtype=np.int32)
    assert np.allclose(whole.share(whole.read(query), rows), grown.share(grown.read(query), rows))


@given(st.lists(TEXTS, min_size=1, max_size=30), st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.booleans())
@settings(max_examples=80)
def test_matches_are_all_rows_that_hold_enough_in_the_order_of_their_score(
    listed: list[Texts], query: str, row_by_row: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "FEW_ROWS", 0 if row_by_row else 1_000)
        index = WordIndex.build(listed)
        found = index.matching(query)
        words = index.telling(index.read(query))
        every = np.arange(len(listed), dtype=np.int32)
        share, score = index.share(words, every), index.score(words)
        assert index.matching_within(query, every >= 0).rows.tolist() == found.rows.tolist()
        patch.setattr(lexical, "MATCHES_KEPT", 2)
        assert WordIndex.build(listed).matching(query).rows.tolist() == found.rows.tolist()[:2]
    enough = [row for row in every.tolist() if share[row] >= lexical.MIN_SHARE]
    assert found.rows.tolist() == sorted(enough, key=lambda row: (-score[row], row))
    assert found.share.tolist() == share[found.rows].tolist()


def test_a_rare_word_weighs_more_and_a_long_text_less() -> None:
    listed = [
        Texts(title=title) for title in ("tea leaf", "tea", "tea pot", "tea leaf of a green spring pot in spring")
    ]
    index = WordIndex.build(listed)
    assert index.weight("spring") > index.weight("pot") > index.weight("tea")
    score = index.score(index.read("leaf"))
    assert score[0] > score[3] > 0
    assert score[1] == 0


def test_nobody_is_found_by_a_word_that_is_not_there() -> None:
    index = WordIndex.build([Texts(title="Tea")])
    assert not index.score(index.read("kettle")).any()
    assert matches(index, "kettle", np.ones(1, dtype=np.bool_), 5) == []
    assert matches(index, "", np.ones(1, dtype=np.bool_), 5) == []


def test_matches_keep_to_the_mask_and_want_most_of_the_query() -> None:
    index = WordIndex.build([Texts(title=title) for title in ("copper kettle", "copper pan", "steel kettle", "vase")])
    mask = np.array([False, True, True, True])
    assert [row for row, _ in matches(index, "copper kettle", np.ones(4, dtype=np.bool_), 5)] == [0]
    assert matches(index, "copper kettle", mask, 5) == []


@given(
    st.lists(TEXTS, min_size=1, max_size=30), st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.data(),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=80)
def test_of_few_allowed_the_same_are_found_whether_or_not_somebody_asked_before(
    listed: list[Texts], query: str, data: st.DataObject, one_by_one: bool
) -> None:
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(listed), max_size=len(listed))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "FEW_ROWS", 0 if one_by_one else 1_000)
        new, asked = WordIndex.build(listed), WordIndex.build(listed)
        asked.matching(query)
        assert matches(new, query, allowed, 5) == matches(asked, query, allowed, 5)
        assert new.knows(query) is not new.are_few(allowed)


def test_who_searches_for_the_same_gets_what_their_own_mask_allows_however_often_it_was_asked() -> None:
    index = WordIndex.build([Texts(title=title) for title in ("copper kettle", "kettle", "steel kettle", "vase")])
    everything, some = np.ones(4, dtype=np.bool_), np.array([False, True, False, True])
    best = [row for row, _ in matches(index, "kettle", everything, 5)]
    assert set(best) == {0, 1, 2}
    assert [row for row, _ in matches(index, "kettle", some, 5)] == [1]
    assert [row for row, _ in matches(index, "kettle", everything, 2)] == best[:2]


def test_where_the_best_matches_are_not_for_them_the_others_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "MATCHES_KEPT", 2)
    index = WordIndex.build([Texts(title="kettle" + " copper" * (number % 3)) for number in range(9)])
    everything = [row for row, _ in matches(index, "kettle", np.ones(9, dtype=np.bool_), 9)]
    assert sorted(everything) == list(range(9))
    mask = np.ones(9, dtype=np.bool_)
    mask[everything[:4]] = False
    assert [row for row, _ in matches(index, "kettle", mask, 3)] == everything[4:7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DMC-FZ35K", ["dmcfz35k", "dmc", "fz35k"]),
        ("Men's T-Shirt", ["men", "tshirt", "t", "shirt"]),
        ("l'eau d’été", ["eau", "ete"]),
        ("Straße", ["strasse"]),
        ("CRÈME", ["creme"]),
        ("x" * 50, []),
    ],
)
def test_words_are_folded_and_model_numbers_come_whole_and_in_parts(text: str, expected: list[str]) -> None:
    assert list(tokens(text)) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The cup is made of stoneware and is good for tea", "en"),
        ("Die Tasse ist aus Steinzeug und gut für den Tee", "de"),
        ("La tasse est en grès et va bien avec le thé", "fr"),
        ("La taza es de gres y va bien con el té", "es"),
        ("KX-200 RTX 9000", ""),
    ],
)
def test_a_shops_language_is_read_off_its_texts(text: str, language: str) -> None:
    assert language_of([text]) == language


def test_stems_join_inflections_but_leave_numbers_alone() -> None:
    assert stem("teapots", "en") == stem("teapot", "en")
    assert stem("kannen", "de") == stem("kanne", "de")
    assert stem("fz35s", "en") == "fz35s"
