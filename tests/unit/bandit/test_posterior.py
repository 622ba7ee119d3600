"""What is believed of arms: much where much was shown, what others show where little was, nothing where nothing was."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from composer.bandit.model import Tried
from composer.bandit.posterior import Belief, Posterior, Shown, best, learn_posterior, learn_spreads
from composer.bandit.reward import Kind
from composer.bandit.statistics import HALF_LIFE, Segment
from tests.kit.decisions import NEWSLETTER, TONES, many, summed, told
from tests.kit.events import NOW

ELSEWHERE = Segment("welcome", "new")


def test_the_chance_to_be_the_best_is_exact() -> None:
    beliefs = [Belief(0.1, 0.04), Belief(0.0, 0.0004), Belief(-0.2, 0.25), Belief(0.12, 0.01)]

    def density(x: float, arm: int) -> float:
        others = (norm.cdf(x, b.mean, sqrt(b.variance)) for place, b in enumerate(beliefs) if place != arm)
        return float(norm.pdf(x, beliefs[arm].mean, sqrt(beliefs[arm].variance)) * np.prod(list(others)))

    exact = [quad(density, -4, 4, args=(arm,), points=[-0.2, 0.0, 0.1, 0.12], limit=200)[0] for arm in range(4)]
    assert best(beliefs) == pytest.approx(exact, abs=0.002)


def test_an_arm_drawn_for_better_customers_looks_no_better() -> None:
    """Of 1,000 who click half of everything 800 got `warm`, of 1,000 who click nothing 200 did."""
    clickers = [told(Kind.CLICKED if n % 2 else Kind.NOTHING, "warm", arms=("warm", "plain"), probability=0.8)
                for n in range(800)]  # fmt: skip
    clickers += [told(Kind.CLICKED if n % 2 else Kind.NOTHING, "plain", arms=("warm", "plain"), probability=0.2)
                 for n in range(200)]  # fmt: skip
    others = [told(Kind.NOTHING, "warm", arms=("warm", "plain"), probability=0.2) for _ in range(200)]
    others += [told(Kind.NOTHING, "plain", arms=("warm", "plain"), probability=0.8) for _ in range(800)]
    posterior = learn_posterior(summed([*clickers, *others]), NOW, {})
    shown = posterior.shown["tone", "", "warm"][NEWSLETTER]
    assert shown.effect == pytest.approx(0.0, abs=1e-3)


def test_an_arm_is_compared_with_what_those_who_might_have_had_it_did() -> None:
    """`reduced` goes only to those who click more of everything: it is no better for that."""
    with_sale = [told(Kind.CLICKED if n % 4 == 0 else Kind.NOTHING, arm, arms=("reduced", "news"), dimension="angle")
                 for arm in ("reduced", "news") for n in range(400)]  # fmt: skip
    without = [told(Kind.NOTHING, arm, arms=("news", "care"), dimension="angle")
               for arm in ("news", "care") for _ in range(400)]  # fmt: skip
    posterior = learn_posterior(summed([*with_sale, *without]), NOW, {})
    assert posterior.shown["angle", "newsletter", "reduced"][NEWSLETTER].effect == pytest.approx(0.0, abs=1e-3)


def test_what_one_segment_shows_is_believed_a_little_in_another() -> None:
    statistics = summed(many({"plain": 60, "warm": 180, "playful": 60}, 3_000))
    posterior = learn_posterior(statistics, NOW, {})
    here, there = posterior.in_segment("tone", NEWSLETTER, "warm"), posterior.in_segment("tone", ELSEWHERE, "warm")
    assert here.mean > there.mean > 0
    assert here.variance < there.variance


def test_angles_of_one_flow_say_nothing_of_those_of_another() -> None:
    statistics = summed(many({"news": 200, "care": 20}, 2_000, dimension="angle"))
    posterior = learn_posterior(statistics, NOW, {})
    assert posterior.knows("angle", "newsletter", ["news"])
    assert not posterior.knows("angle", "welcome", ["news"])
    assert posterior.in_segment("angle", ELSEWHERE, "news").mean == 0


def test_a_person_is_drawn_to_what_came_of_their_own_emails() -> None:
    posterior = Posterior()
    own = {"warm": Tried(10.0, 1.0), "plain": Tried(10.0, 0.0)}
    plain, warm, playful = posterior.for_person("tone", NEWSLETTER, TONES, own)
    assert warm.mean > playful.mean > plain.mean
    assert warm.mean - plain.mean < 1.5
    assert warm.variance == plain.variance == playful.variance


def test_whoever_clicks_everything_prefers_nothing_by_that() -> None:
    own = {tone: Tried(10.0, 1.0) for tone in TONES}
    means = [one.mean for one in Posterior().for_person("tone", NEWSLETTER, TONES, own)]
    assert max(means) == pytest.approx(min(means))


def test_old_outcomes_fade_though_nothing_came_after_them() -> None:
    statistics = summed(many({"plain": 60, "warm": 180, "playful": 60}, 3_000))
    now = learn_posterior(statistics, NOW, {}).shown["tone", "", "warm"][NEWSLETTER]
    later = learn_posterior(statistics, NOW + HALF_LIFE, {}).shown["tone", "", "warm"][NEWSLETTER]
    assert later.variance > 1.7 * now.variance
    assert later.emails == now.emails == 3_000


def test_an_email_of_half_a_life_ago_weighs_half_of_one_of_today() -> None:
    old = [told(Kind.CLICKED, "warm", days_ago=HALF_LIFE.days) for _ in range(100)]
    new = [told(Kind.NOTHING, "warm", days_ago=0) for _ in range(100)]
    cell = next(cell for key, cell in summed([*old, *new]).cells.items() if key.arm == "warm")
    assert cell.chosen[Kind.CLICKED] * 2 == pytest.approx(cell.chosen[Kind.NOTHING], rel=1e-4)


def test_spreads_grow_where_arms_differ_and_shrink_where_they_do_not() -> None:
    apart = [[Shown(effect, 0.01, 100)] * 3 for effect in (-0.8, 0.0, 0.9)]
    alike = [[Shown(0.0, 0.0004, 100)] * 6 for _ in range(3)]
    torn = [[Shown(effect, 0.01, 100) for effect in (-0.7, 0.8, -0.6, 0.7)] for _ in range(3)]
    usual = learn_spreads([])
    assert learn_spreads(apart).arms > usual.arms > learn_spreads(alike).arms
    assert learn_spreads(torn).segments > usual.segments > learn_spreads(alike).segments


def test_a_retired_arm_that_comes_back_has_lost_nothing() -> None:
    before = summed(many({"plain": 60, "warm": 180}, 3_000))
    meanwhile = summed(many({"plain": 60, "playful": 60}, 500, days_ago=19))
    known = learn_posterior(before, NOW, {}).in_segment("tone", NEWSLETTER, "warm")
    before.merge(meanwhile)
    again = learn_posterior(before, NOW, {}).in_segment("tone", NEWSLETTER, "warm")
    assert again.mean == pytest.approx(known.mean, rel=0.3)
    assert again.mean > 0.3


def test_emails_of_one_allowed_arm_show_nothing() -> None:
    posterior = learn_posterior(summed([told(Kind.CLICKED, "warm", arms=("warm",))] * 50), NOW, {})
    assert not posterior.knows("tone", "newsletter", ["warm"])


def test_even_is_what_an_even_draw_would_have_come_to_whatever_was_drawn() -> None:
    """`warm`, which is clicked twice as often, was drawn nine times of ten: even is still halfway between the two."""
    arms = ("warm", "plain")
    emails = [
        told(Kind.CLICKED if n % 10 < 4 else Kind.NOTHING, "warm", arms=arms, probability=0.9) for n in range(900)
    ]
    emails += [
        told(Kind.CLICKED if n % 10 < 2 else Kind.NOTHING, "plain", arms=arms, probability=0.1) for n in range(100)
    ]
    posterior = learn_posterior(summed(emails), NOW, {})
    warm, plain = (posterior.shown["tone", "", arm][NEWSLETTER].effect for arm in arms)
    assert warm == pytest.approx(-plain, rel=0.01)


def test_no_email_counts_twice_for_its_own_segment() -> None:
    """One segment is all there is: what it shows is weighed against a prior that has not seen it."""
    shown = Shown(0.5, 0.04, 100)
    posterior = Posterior(shown={("tone", "", "warm"): {NEWSLETTER: shown}})
    spread = posterior.spread("tone")
    prior = spread.arms**2 + spread.segments**2
    assert posterior.in_segment("tone", NEWSLETTER, "warm").mean == pytest.approx(0.5 * prior / (prior + 0.04))


def test_whoever_clicks_much_has_shown_more_by_as_many_emails() -> None:
    """A taste of the same size, relative to their level, is told sooner of somebody who clicks ten times as often."""
    posterior, often = Posterior(), {"warm": Tried(20.0, 4.0), "plain": Tried(20.0, 2.0)}
    seldom = {arm: Tried(tried.weight, tried.reward / 10) for arm, tried in often.items()}
    likes = [posterior.for_person("tone", NEWSLETTER, ("plain", "warm"), own) for own in (often, seldom)]
    apart = [warm.mean - plain.mean for plain, warm in likes]
    showed = (0.2 - 0.1) / 0.15
    assert showed > apart[0] > 2 * apart[1] > 0
