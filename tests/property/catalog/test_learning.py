"""Whatever happened, in whatever order: what is learned depends on the past alone, and comes back as it was."""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.learning import artefact
from catalog.learning.alike import CONFIDENCE, MULTIPLIED, Alike
from catalog.learning.artefact import LearnedState, LearnedUnusable
from catalog.learning.features import NAMES, features
from catalog.learning.interactions import DAY, KINDS, seconds
from catalog.learning.model import NOWHERE, Learned, Report, bind
from catalog.learning.profile import Profile, from_interactions
from catalog.learning.ranker import ASKED_OF_TREES, Ranker, train
from catalog.learning.reading import SOURCES, propose, read
from catalog.learning.serving import MOST_SEEDS, Insight
from catalog.learning.shop import Shop, learn_shop
from tests.kit.histories import END, Event, interactions, stocked

CUT = seconds(END)
PRODUCTS = 8
events = st.lists(
    st.tuples(
        st.sampled_from([f"c{n}" for n in range(5)]),
        st.sampled_from([f"p{n}" for n in range(PRODUCTS)]),
        st.integers(CUT - 200 * DAY, CUT - 1),
        st.sampled_from(KINDS),
    ),
    max_size=60,
)
later = st.lists(
    st.tuples(
        st.sampled_from([f"c{n}" for n in range(7)]),
        st.sampled_from([f"p{n}" for n in range(PRODUCTS)]),
        st.integers(CUT, CUT + 90 * DAY),
        st.sampled_from(KINDS),
    ),
    min_size=1,
    max_size=20,
)
VIEW = stocked(PRODUCTS)
REPORT = Report("in_use", 1, 1, END)


def by_name(shop: Shop) -> dict[Any, Any]:
    """What a shop says of each product it has dealt with, whatever their numbers."""
    numbers = {name: number for number, name in enumerate(shop.products) if shop.standing[number].any()}
    lists: dict[Any, Any] = {
        (name, of): sorted(
            (shop.products[other], round(float(score), 5))
            for other, score in zip(*shop.lists[name].entries(np.array([number], dtype=np.int32))[1:], strict=True)
        )
        for name in shop.lists
        for of, number in numbers.items()
    }
    return {"orders": {name: int(shop.orders[number]) for name, number in numbers.items()}, **lists}


@given(events, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_in_which_events_came_changes_nothing(happened: list[Event], random: Any) -> None:
    shuffled = list(happened)
    random.shuffle(shuffled)
    one, other = (learn_shop(interactions(each), CUT) for each in (happened, shuffled))
    assert one.products == other.products
    for name in ("heat", "orders", "standing"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert by_name(one) == by_name(other)


@given(events, later)
@settings(max_examples=40)
def test_nothing_after_the_moment_is_looked_at(happened: list[Event], to_come: list[Event]) -> None:
    then, now = learn_shop(interactions(happened), CUT), learn_shop(interactions([*happened, *to_come]), CUT)
    known = [now.products.index(name) for name in then.products]
    np.testing.assert_array_equal(now.orders[known], then.orders[:-1])
    np.testing.assert_allclose(now.heat[:, known], then.heat[:, :-1])
    before, after = by_name(then), by_name(now)
    assert {key: after[key] for key in before if key != "orders" and key in after} == {
        key: value for key, value in before.items() if key != "orders"
    }


@given(events)
@settings(max_examples=40)
def test_only_what_may_be_shown_is_proposed_and_every_product_has_figures(happened: list[Event]) -> None:
    given_ = interactions(happened)
    shop = learn_shop(given_, CUT)
    bound = bind(Learned.of(shop, None, REPORT), VIEW.row_of, len(VIEW))
    allowed = np.arange(len(shop.products)) % 2 == 0
    _, starts = given_.slices()
    for begin, end in pairwise(starts.tolist()):
        reading = read(shop, from_interactions(given_, slice(begin, end), CUT))
        numbers = propose(shop, reading, allowed.take)
        assert allowed[numbers].all()
        table = features(VIEW, shop, bound, reading, bound.rows[numbers], numbers)
        assert table.shape == (len(numbers), len(NAMES))
        assert not np.isinf(table).any()


def summed(shop: Shop, profile: Profile) -> list[dict[int, float]]:
    """What each source says of each product, one purchase after the other."""
    found: list[dict[int, float]] = []
    for name, half_life in SOURCES:
        dealt, worth = profile.bought.tolist(), (0.5 ** (profile.bought_days / half_life)).tolist()
        if name == "beside":
            dealt += profile.touched.tolist()
            worth += (profile.touch_times * 0.5 ** (profile.touch_days / half_life)).tolist()
        scores: dict[int, float] = {}
        for number, counts in zip(dealt, worth, strict=True):
            entries = shop.lists[name].entries(np.array([number], dtype=np.int32))
            for other, score in zip(entries.other.tolist(), entries.score.tolist(), strict=True):
                scores[other] = scores.get(other, 0.0) + counts * score
        found.append(scores)
    return found


@given(events)
@settings(max_examples=40)
def test_read_at_once_the_lists_say_what_they_say_one_by_one(happened: list[Event]) -> None:
    given_ = interactions(happened)
    shop = learn_shop(given_, CUT)
    _, starts = given_.slices()
    for begin, end in pairwise(starts.tolist()):
        profile = from_interactions(given_, slice(begin, end), CUT)
        reading, owned = read(shop, profile), set(profile.bought.tolist())
        for source, scores in enumerate(summed(shop, profile)):
            read_ = dict(zip(reading.reached.tolist(), reading.scores[source].tolist(), strict=True))
            assert set(scores) <= set(read_)
            assert read_ == pytest.approx(dict.fromkeys(read_, 0.0) | scores, rel=1e-5)
            new = [score for number, score in scores.items() if number not in owned]
            assert reading.strongest[source] == pytest.approx(max(new, default=0.0), rel=1e-5)


def said(shop: Shop, profile: Profile, product: int) -> dict[str, float]:
    """What each product of somebody's past says of one product, list by list: looks count where looks are counted."""
    found: dict[str, float] = {}
    bought = set(profile.bought.tolist())
    for name, lists in shop.lists.items():
        for number in bought | set(profile.touched.tolist()) if name == "beside" else bought:
            entries = lists.entries(np.array([number], dtype=np.int32))
            score = float(entries.score[entries.other == product].sum())
            found[shop.products[number]] = found.get(shop.products[number], 0.0) + score
    return {of: score for of, score in found.items() if score > 0}


@given(events)
@settings(max_examples=40)
def test_what_speaks_most_for_a_product_is_what_the_lists_say_most_of_it(happened: list[Event]) -> None:
    given_ = interactions(happened)
    shop = learn_shop(given_, CUT)
    bound = bind(Learned.of(shop, None, REPORT), VIEW.row_of, len(VIEW))
    rows = np.flatnonzero(bound.numbers != NOWHERE)
    _, starts = given_.slices()
    for begin, end in pairwise(starts.tolist()):
        profile = from_interactions(given_, slice(begin, end), CUT)
        told = Insight(VIEW, bound, read(shop, profile)).spoken(rows.tolist())
        expected = [said(shop, profile, number) for number in bound.numbers[rows].tolist()]
        highest = max((max(of.values()) for of in expected if of), default=0.0)
        for one, of in zip(told, expected, strict=True):
            assert len(one.products) == min(len(of), MOST_SEEDS)
            strongest = sorted(of.values(), reverse=True)[:MOST_SEEDS]
            assert [of[name] for name in one.products] == pytest.approx(strongest, rel=1e-5)
            if of:
                assert one.strength == pytest.approx(strongest[0] / highest, rel=1e-5)


@given(st.integers(0, 1_000), st.integers(1, 3 * MULTIPLIED), st.integers(0, 5))
@settings(max_examples=40)
def test_who_is_alike_is_told_of_every_product_as_if_each_were_looked_at_alone(seed: int, total: int, had: int) -> None:
    draw = np.random.default_rng(seed)
    factors = draw.standard_normal((total, 4)).astype(np.float32)
    gram = (factors.T @ factors + np.eye(4)).astype(np.float32)
    known = Alike(np.arange(total, dtype=np.int32), factors, gram)
    own = np.sort(draw.choice(total, min(had, total), replace=False)).astype(np.int32)
    weights = draw.random((2, len(own)))
    for counts, liked in zip(weights, known.likes(own, weights), strict=True):
        mine = factors[own].astype(np.float64)
        stands = np.linalg.solve(
            gram + (CONFIDENCE - 1) * (mine * counts[:, None]).T @ mine, CONFIDENCE * counts @ mine
        )
        np.testing.assert_allclose(liked, [float(one @ stands) for one in factors], rtol=1e-3, atol=1e-4)


@given(st.integers(0, 1_000), st.integers(1, 3 * ASKED_OF_TREES))
@settings(max_examples=25)
def test_the_net_s_best_are_as_likely_as_net_and_trees_say_and_the_rest_come_behind(seed: int, total: int) -> None:
    ranker = cast(Ranker, taught().ranker)
    table = np.random.default_rng(seed).random((total, len(NAMES)), dtype=np.float32)
    likely, by_net = ranker.probability(table), ranker.net.log_odds(table)
    order = np.argsort(-by_net, kind="stable")
    best, others = order[:ASKED_OF_TREES], order[ASKED_OF_TREES:]
    assert np.all(np.diff(likely[others]) <= 0)
    assert likely[others].max(initial=0.0) <= likely[best].min() + 1e-12
    odds = np.exp((by_net[best] + ranker.booster.predict(table[best], raw_score=True)) / 2) * ranker.kept
    np.testing.assert_allclose(likely[best], odds / (1 + odds), rtol=1e-9)


@cache
def taught() -> Learned:
    """Small, and made when the first test asks for it."""
    draw = np.random.default_rng(0)
    table = draw.random((400, len(NAMES)), dtype=np.float32)
    ranker = train(table, table[:, 0] > 0.5, NAMES, 0.25)
    happened = [(f"c{n % 4}", f"p{n % PRODUCTS}", CUT - n * DAY, KINDS[n % 5]) for n in range(1, 60)]
    return Learned.of(learn_shop(interactions(happened), CUT), ranker, REPORT)


def test_what_was_learned_comes_back_as_it_was(tmp_path: Path) -> None:
    before = taught()
    artefact.save(tmp_path, before)
    back = artefact.load(tmp_path)
    table = np.random.default_rng(1).random((50, len(NAMES)), dtype=np.float32)
    assert before.ranker is not None
    assert back.ranker is not None
    np.testing.assert_array_equal(back.ranker.probability(table), before.ranker.probability(table))
    assert (back.report, back.shop.products, back.shop.happened) == (
        REPORT,
        before.shop.products,
        before.shop.happened,
    )
    assert by_name(back.shop) == by_name(before.shop)
    bought = np.arange(3, dtype=np.int32)
    liked, liked_back = (shop.alike.likes(bought, np.ones((1, 3))) for shop in (before.shop, back.shop))
    np.testing.assert_array_equal(liked, liked_back)
    assert liked.any()
    np.testing.assert_array_equal(back.shop.standing, before.shop.standing)
    assert [path.name for path in tmp_path.iterdir()] == [artefact.NAME]


@given(st.data())
@settings(max_examples=25)
def test_any_damage_is_noticed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        artefact.save(Path(folder), taught())
        path = Path(folder, artefact.NAME)
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            del content[at:]
        else:
            content[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(LearnedUnusable) as caught:
            artefact.load(Path(folder))
    assert caught.value.state is LearnedState.DAMAGED


def test_nothing_learned_is_told_from_damage(tmp_path: Path) -> None:
    with pytest.raises(LearnedUnusable) as caught:
        artefact.load(tmp_path)
    assert caught.value.state is LearnedState.MISSING
