"""Twins are treated alike by an honest policy; one that looks at people is caught, whatever it looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import pytest

from composer.bandit.fairness import Fairness, OfferLog, Treatment, check, treatment, twins
from composer.bandit.learned import Lesson
from composer.bandit.model import Dimension, Policy, Situation
from composer.bandit.policy import Prior, Thompson
from composer.bandit.posterior import learn_posterior
from composer.plan import make_plan
from memory.model import CustomerMemory, Profile
from tests.kit.decisions import many, summed
from tests.kit.events import NOW as LEARNED_AT
from tests.kit.factories import (
    LIBRARY,
    NOW,
    FixedPicker,
    make_memory,
    make_picks,
    make_request,
    make_version,
)

PROFILE = Profile(
    first_name="Dana",
    last_name="Quill",
    birthday=date(1986, 2, 28),
    address={"city": "Ludlow", "postal_code": "SY8 1AA", "country": "GB"},
    traits={"gender": "female"},
)


@dataclass(frozen=True)
class Cheat:
    """Draws the last arm more often for some."""

    chosen: bool
    name: str = "cheat-1"
    learned: str = ""

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        even = 1 / len(arms)
        if not self.chosen or len(arms) == 1:
            return (even,) * len(arms)
        return (*(even * 0.9 for _ in arms[:-1]), 1 - even * 0.9 * (len(arms) - 1))


def checked(policy_of: Callable[[CustomerMemory], Policy], profile: Profile = PROFILE) -> Fairness:
    def treated(memory: CustomerMemory) -> Treatment:
        policy = policy_of(memory)
        return treatment(
            lambda: make_plan(
                make_request(),
                make_version("newsletter"),
                LIBRARY.flow("newsletter"),
                memory,
                picker=FixedPicker(make_picks()),
                shown=[],
                now=NOW,
                policy=policy,
            ),
            policy,
        )

    return check([make_memory(profile=profile)], treated)


def thompson() -> Thompson:
    statistics = summed(many({"plain": 60, "warm": 200, "playful": 60}, 3_000))
    return Thompson(Lesson(learn_posterior(statistics, LEARNED_AT, {})).posterior, "v1")


@pytest.mark.parametrize("policy", [thompson(), Prior()], ids=["learned", "prior"])
def test_what_was_learned_treats_twins_alike(policy: Policy) -> None:
    found = checked(lambda _: policy)
    assert found.twins == 12
    assert found.fair
    assert found.sentence.startswith("All 12 twins of 1 customers")


@pytest.mark.parametrize(
    ("attribute", "looks"),
    [
        pytest.param("gender", lambda one: one.profile.traits.get("gender") == "male", id="gender"),
        pytest.param("name", lambda one: one.profile.first_name == "Mehmet", id="name"),
        pytest.param("age", lambda one: one.profile.birthday.year < 1970, id="birthday"),
        pytest.param("age", lambda one: one.profile.traits.get("age") == 74, id="age"),
        pytest.param("place", lambda one: one.profile.address["postal_code"].startswith("L8"), id="postcode"),
    ],
)
def test_a_policy_that_looks_at_people_is_caught(attribute: str, looks: Callable[[CustomerMemory], bool]) -> None:
    found = checked(lambda memory: Cheat(looks(memory)))
    assert not found.fair
    assert {one.attribute for one in found.differences} == {attribute}
    assert f"another {attribute} changes" in found.sentence
    assert "Dana" not in found.sentence


def test_nothing_is_made_up_of_what_is_not_known() -> None:
    attributes = {attribute for attribute, _ in twins(Profile())}
    assert attributes == {"gender", "age", "place"}


def test_twins_keep_country_language_and_clock() -> None:
    for _, twin in twins(PROFILE):
        assert (twin.address["country"], twin.locale, twin.timezone) == ("GB", PROFILE.locale, PROFILE.timezone)
        assert twin.birthday is not None
        assert (twin.birthday.month, twin.birthday.day) == (2, 28)


class Row(NamedTuple):
    choices: dict[str, list[object]]
    lifecycle: str = "active"
    campaign_id: str = "spring"
    campaign_version: int = 1
    policy: str = "thompson-1"
    learned: str = "v1"
    variant: str = ""


def offered(arm: str, probability: float, *arms: str, lifecycle: str = "active") -> Row:
    return Row({"offer": [arm, probability, list(arms)]}, lifecycle)


def test_the_log_shows_whether_all_in_one_state_had_the_same_chances() -> None:
    log, day = OfferLog(), date(2026, 3, 20)
    for row in (offered("ten", 0.7, "ten", "none"), offered("none", 0.3, "ten", "none")):
        log.add(day, row)
    log.add(day, offered("ten", 0.2, "ten", "none", lifecycle="lapsed"))
    log.add(day, Row({}))
    read = log.read()
    assert (read.states, read.unequal) == (2, 0)
    assert [(one.lifecycle, one.emails, one.offers) for one in read.stages] == [("active", 2, 1), ("lapsed", 1, 1)]
    log.add(day, offered("ten", 0.6, "ten", "none"))
    assert log.read().unequal == 1
    log.add(day, offered("ten", 0.2, "ten", lifecycle="lapsed"))
    assert "In 2 of 2 states not everyone had the same chance" in log.read().sentence
