"""The benchmarks on others' data: they find what is there in made-up data of the same shape."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.hillstrom import MENS, WOMENS, Customer, chosen, highest, judged
from benchmarks.off_policy import Views, log_of, shares_of, with_mean_shares
from composer.ope.judging import judge


def views(seed: int, odds: list[float], n: int = 3_000) -> Views:
    """Of four items, clicked the more the later they are numbered."""
    draw = np.random.default_rng(seed)
    item = draw.choice(4, n, p=odds)
    return Views(
        item=item,
        position=draw.integers(1, 3, n),
        click=(draw.random(n) < 0.1 + 0.1 * item).astype(np.float64),
        probability=np.array(odds)[item],
        campaign=np.array(["all"] * n),
    )


def test_the_click_rate_of_another_policy_is_found_in_the_log() -> None:
    random, greedy = views(1, [0.25] * 4), views(2, [0.05, 0.05, 0.2, 0.7])
    [scope] = judge(log_of(random, shares_of(greedy)))
    found = scope.metrics[0].candidate["dr"].wider
    assert found.low < greedy.click.mean() < found.high
    assert scope.metrics[0].verdict == "better"


def test_by_its_own_mean_shares_every_view_weighs_one() -> None:
    shown = views(3, [0.1, 0.2, 0.3, 0.4])
    assert log_of(with_mean_shares(shown), shares_of(shown)).weights == pytest.approx(np.ones(3_000))


def customers(seed: int, women: float) -> list[Customer]:
    """Two groups; men visit after the men's mail, women after the women's to this share."""
    draw, made = np.random.default_rng(seed), []
    for number in range(6_000):
        group, mail = ("men", "women")[number % 2], (MENS, WOMENS)[int(draw.integers(2))]
        rate = 0.2 if (group == "men") == (mail == MENS) else 0.05
        visit = bool(draw.random() < (women if (group, mail) == ("women", WOMENS) else rate))
        made.append(Customer(group, mail, visit, False, 0.0, 0.0))
    return made


def test_where_people_do_differ_the_learner_finds_it_and_is_believed() -> None:
    taught = chosen(customers(1, women=0.2))
    assert taught == {"men": MENS, "women": WOMENS} == highest(customers(2, women=0.2))
    others = customers(3, women=0.2)
    assert judged("visits", others, [taught[one.group] for one in others]).verdict == "better"


def test_where_they_do_not_choosing_for_each_person_is_not_believed() -> None:
    others = customers(4, women=0.05)
    choice = [MENS if one.group == "men" else WOMENS for one in others]
    assert judged("visits", others, choice).verdict == "cannot_tell_yet"
