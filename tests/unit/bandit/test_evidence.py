"""A person's own evidence: what they did with our e-mails, and nothing of who they are."""

from __future__ import annotations

from datetime import date
from itertools import chain

import pytest

from composer.bandit.evidence import REMEMBERED, own_of
from composer.bandit.model import DIMENSIONS, STATE_ONLY, Own
from composer.bandit.policy import Thompson
from composer.bandit.reward import USUAL
from memory.fold import remember
from memory.model import CustomerMemory, Profile
from memory.objections import impersonal
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.decisions import situation
from tests.kit.events import NOW
from tests.kit.mails import sent

ADA = Profile(first_name="Ada", email="ada@example.com", timezone="Europe/London")
SOMEBODY_ELSE = Profile(
    first_name="Mehmet",
    last_name="Yılmaz",
    email="m@example.org",
    birthday=date(1944, 2, 3),
    locale="tr-TR",
    timezone="Europe/London",
    address={"postal_code": "M1 1AE", "country": "GB"},
    traits={"gender": "male", "age": 82},
)
ARMS = {
    "angle": ("news", "care"),
    "tone": ("warm", "plain"),
    "length": ("short", "medium"),
    "subject": ("plain", "question"),
    "cta": ("short", "long"),
}


def memory_of(profile: Profile = ADA, customer: str = "u1") -> CustomerMemory:
    """Warm e-mails were clicked, plain ones were not, and one long ago drove them off for a while."""
    emails = [
        sent(number, days_ago=5 + 7 * number, clicked=number % 2 == 0, tone="warm" if number % 2 == 0 else "plain")
        for number in range(10)
    ]
    emails.append(sent(10, days_ago=300, left=True, tone="plain"))
    return to_memory(CustomerId(f"cus_{customer}"), customer, remember(chain(*emails)), profile, NOW)


def evidence(profile: Profile = ADA) -> Own:
    return own_of(memory_of(profile))


def test_what_was_clicked_speaks_for_its_arms_and_weighs_by_its_age() -> None:
    tone = evidence()["tone"]
    assert tone["warm"].reward > 0 > tone["plain"].reward
    assert 4 < tone["warm"].weight < 5
    assert 4.3 < tone["plain"].weight < 5
    assert tone["warm"].reward == pytest.approx(tone["warm"].weight * USUAL.click)
    plain, warm = Thompson().shares(situation(own=evidence()), "tone", ("plain", "warm"))
    assert warm > plain


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_same_history_has_the_same_chances_whoever_it_is_of(dimension: str) -> None:
    """Name, age, gender, postcode and language change nothing."""
    policy, arms = Thompson(), ARMS.get(dimension, ("a", "b"))
    twins = [situation(own=own_of(memory_of(profile)), emails=11) for profile in (ADA, SOMEBODY_ELSE)]
    assert twins[0] == twins[1]
    ours, theirs = (policy.shares(twin, dimension, arms) for twin in twins)  # type: ignore[arg-type]
    assert ours == theirs


def test_nothing_is_kept_of_dimensions_that_are_decided_by_state_alone() -> None:
    assert not STATE_ONLY & set(REMEMBERED)
    assert not STATE_ONLY & set(evidence())


def test_a_stranger_and_who_objects_have_no_evidence() -> None:
    assert own_of(impersonal(memory_of())) == {}


def test_evidence_survives_the_log() -> None:
    asked = situation(own=evidence(), emails=11)
    assert type(asked).model_validate(asked.model_dump(mode="json")) == asked


def test_the_hour_an_email_arrived_at_is_no_drawn_part_of_the_day() -> None:
    """Most arrive in the customer's own hours: that is the arm `usual`, whatever part of the day it falls in."""
    assert "slot" not in evidence()
