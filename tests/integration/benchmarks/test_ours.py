"""The product on the bench: fair to it, and fair to the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks import picks
from benchmarks.recommenders.invented import invent
from benchmarks.recommenders.leaks import peeks
from benchmarks.recommenders.log import DAY, Kind, Log
from benchmarks.recommenders.ours import ByHand, Ours, products, tastes
from benchmarks.recommenders.splits import Split, cuts, split, window_days
from tests.kit.shops import log_of


@pytest.fixture(scope="module")
def tiny() -> Log:
    return invent("tiny")


def _vectors(one: Split) -> np.ndarray:
    """Text that says the category and no more."""
    categories = sorted({path or "" for path in one.train.category_paths()})
    return np.eye(len(categories), dtype=np.float32)[
        [categories.index(path or "") for path in one.train.category_paths()]
    ]


def test_everything_that_existed_is_sellable_at_the_price_it_last_had() -> None:
    log = log_of([(0, 0, 1), (1, 1, 2)])
    offered = products(log)
    assert [(product.id, product.title, str(product.price)) for product in offered] == [
        ("i00000", "Thing 0", "5.00"),
        ("i00001", "Thing 1", "5.00"),
    ]
    assert all(product.availability == "in_stock" and product.currency for product in offered)


def test_a_taste_tells_each_purchase_once_and_newest_first() -> None:
    log = log_of([(0, 0, 1), (0, 0, 1), (0, 0, 5), (0, 1, 3, Kind.VIEWED)])
    [taste] = tastes(log, np.array([0]))
    bought, viewed = sorted(taste.signals, key=lambda signal: signal.kind)
    assert (bought.times, [moment.timestamp() / DAY for moment in bought.moments]) == (2, [5, 1])
    assert (viewed.kind, viewed.product_id) == ("viewed", "i00001")


def test_a_taste_has_no_more_than_the_composer_would_tell() -> None:
    [taste] = tastes(log_of([(0, item, item) for item in range(500)]), np.array([0]))
    assert sorted(signal.product_id for signal in taste.signals)[0] == "i00100"
    assert len(taste.signals) == 400


def test_what_was_bought_since_is_not_in_the_basket_any_more() -> None:
    log = log_of([(0, 0, 1, Kind.CARTED), (0, 0, 2), (0, 1, 3, Kind.CARTED)])
    [taste] = tastes(log, np.array([0]))
    assert {signal.product_id for signal in taste.signals if signal.kind == "carted"} == {"i00001"}


def test_ours_does_not_see_what_happens_after_the_cut(tiny: Log) -> None:
    some = tiny.where(tiny.customer < 120)
    days = window_days(some)
    assert not peeks(lambda log, one: Ours(_vectors(one)), some, cuts(some, days)[1], days)


def test_new_to_the_customer_is_kept_and_no_list_has_anything_twice(tiny: Log) -> None:
    days = window_days(tiny)
    one = split(tiny, cuts(tiny, days)[1], days, customers=40)
    method = ByHand(_vectors(one))
    method.fit(one.train, one.cut)
    task = one.new_only
    lists = method.recommend(task.customers, 10, exclude_bought=True)
    for customer, row in zip(task.customers.tolist(), lists.tolist(), strict=True):
        shown = [item for item in row if item >= 0]
        assert shown
        assert len(set(shown)) == len(shown)
        assert not set(shown) & set(one.train.bought[customer].indices.tolist())
    assert len(method.milliseconds) == len(task)


def test_the_command_prints_every_figure_and_writes_them_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    words = ["--invented", "tiny", "--cut", "2", "--quick", "--customers", "40", "--no-vectors", "--json", str(out)]
    assert picks.main(words) == 0
    printed = capsys.readouterr().out
    for word in ("HitRate@3", "NDCG@10", "coverage", "novelty", "with repeats", "new items only", "TIFU-KNN", "ours"):
        assert word in printed
    [cut] = orjson.loads(out.read_bytes())
    for task in cut["tasks"]:
        assert task["best_baseline"] in task["methods"]
        assert task["lead"]["low"] <= task["lead"]["value"] <= task["lead"]["high"]
        for figures in task["methods"].values():
            assert 0 <= figures["ndcg_at_10"]["low"] <= figures["ndcg_at_10"]["value"] <= 1


def test_a_missing_file_is_told_and_not_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert picks.main(["--data", "nowhere/shop.csv"]) == 2
    assert "There is no file nowhere/shop.csv" in capsys.readouterr().err


def test_a_taste_tells_how_long_things_last_them_where_they_were_bought_three_times() -> None:
    log = log_of([(0, 0, 1), (0, 0, 11), (0, 0, 31), (0, 1, 3), (0, 1, 9)])
    [taste] = tastes(log, np.array([0]))
    assert {one.product_id: one.lasts_days for one in taste.signals} == {"i00000": 15, "i00001": None}
