"""What varies for a person: angle, tone, length, offer. Chosen here, never written by the model; always logged.

Without reviews every allowed arm is equally likely, by hash of the idempotency key: a logged, unbiased start that
later learning can be measured against. With them, angle, tone and length are drawn by what reviewers like
(`composer.lessons.preferences`), each of its own, never leaving what flow, brief and customer allow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import date
from itertools import accumulate
from typing import Any, Literal

from composer import chance
from composer.documents import Brief, Offer
from composer.lessons.preferences import NO_PREFERENCES, Preferences
from composer.writing import Value
from memory.model import Lifecycle
from prompts.model import Angle, Flow
from store.errors import InvalidInput

POLICY = "uniform-1"
REVIEWED = "reviews-1"


class Decision(Value):
    """The arm for one e-mail and the probability with which it was drawn."""

    angle: Angle
    tone: str
    length: Literal["short", "medium"]
    offer: Offer | None
    probability: float
    arms: int
    """How many arms were allowed."""
    policy: str = POLICY
    learned: str = ""
    """The version of the preferences it was drawn by; empty for an even draw."""

    def logged(self) -> dict[str, Any]:
        """For the record and the API: names only."""
        return {
            "policy": self.policy,
            **({"learned": self.learned} if self.learned else {}),
            "angle": self.angle.name,
            "tone": self.tone,
            "length": self.length,
            "offer": self.offer.id if self.offer else None,
            "probability": round(self.probability, 6),
            "arms": self.arms,
        }


def decide(
    flow: Flow,
    brief: Brief,
    *,
    at_hand: Collection[str],
    lifecycle: Lifecycle,
    today: date,
    key: Sequence[str],
    preferences: Preferences = NO_PREFERENCES,
) -> Decision:
    """Draw one arm. `at_hand`: fact and pick kinds this customer has; `key`: the idempotency key.

    Raises InvalidInput when the brief names an angle, tone or length the flow does not have.
    """
    check_brief(flow, brief)
    offer = grant_offer(flow, brief, lifecycle=lifecycle, today=today)
    have = set(at_hand) | ({"offer"} if offer else set())
    named = [angle for angle in flow.angles if not brief.angles or angle.name in brief.angles]
    # An angle whose needs are not met would have the model invent them; the first angle of a flow needs nothing.
    angles = [angle for angle in named if have.issuperset(angle.needs)] or [_needs_least(named)]
    tones = [tone for tone in flow.tones if not brief.tones or tone in brief.tones]
    lengths = [length for length in flow.lengths if not brief.lengths or length in brief.lengths]
    arms = [(angle, tone, length) for angle in angles for tone in tones for length in lengths]
    liked = _likelihoods(flow, preferences, angles, tones, lengths)
    if liked is None:
        angle, tone, length = arms[int(chance.unit("decision", POLICY, *key) * len(arms))]
        return Decision(angle=angle, tone=tone, length=length, offer=offer, probability=1 / len(arms), arms=len(arms))
    place = _draw(liked, chance.unit("decision", REVIEWED, *key))
    angle, tone, length = arms[place]
    return Decision(
        angle=angle,
        tone=tone,
        length=length,
        offer=offer,
        probability=liked[place],
        arms=len(arms),
        policy=REVIEWED,
        learned=preferences.version,
    )


def _likelihoods(
    flow: Flow, preferences: Preferences, angles: Sequence[Angle], tones: Sequence[str], lengths: Sequence[str]
) -> list[float] | None:
    """Of each arm, in their order; None where no review speaks for one more than for another."""
    if not preferences.votes:
        return None
    by_angle = preferences.shares(flow.name, "angle", [angle.name for angle in angles])
    by_tone = preferences.shares(flow.name, "tone", tones)
    by_length = preferences.shares(flow.name, "length", lengths)
    if all(len(set(shares)) == 1 for shares in (by_angle, by_tone, by_length)):
        return None
    return [angle * tone * length for angle in by_angle for tone in by_tone for length in by_length]


def _draw(likelihoods: Sequence[float], unit: float) -> int:
    """The place in which `unit`, from 0 to 1, falls. What rounding leaves over is the last one's."""
    ends = list(accumulate(likelihoods))
    return min(bisect_right(ends, unit), len(ends) - 1)


def grant_offer(flow: Flow, brief: Brief, *, lifecycle: Lifecycle, today: date) -> Offer | None:
    """The first offer of the brief that the flow allows and this lifecycle stage may get, valid today.

    Depends on nothing else: everyone in the same state gets the same offer.
    """
    for offer in brief.offers:
        started = offer.starts is None or offer.starts <= today
        alive = offer.expires is None or today <= offer.expires
        for_them = not offer.lifecycles or lifecycle in offer.lifecycles
        if offer.kind in flow.offers and started and alive and for_them:
            return offer
    return None


def check_brief(flow: Flow, brief: Brief) -> None:
    """Raises InvalidInput naming the first thing in the brief that the flow does not know."""
    _check(flow, "angles", brief.angles, [angle.name for angle in flow.angles])
    _check(flow, "tones", brief.tones, flow.tones)
    _check(flow, "lengths", brief.lengths, flow.lengths)
    _check(flow, "offers", [offer.kind for offer in brief.offers], flow.offers)


def _check(flow: Flow, field: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    for index, name in enumerate(wanted):
        if name not in known:
            raise InvalidInput(
                f"The flow {flow.name} has no {field} {name!r}.",
                pointer=f"/brief/{field}/{index}",
                fix=f"Known: {', '.join(known) or 'none'}.",
            )


def _needs_least(angles: Sequence[Angle]) -> Angle:
    return min(angles, key=lambda angle: len(angle.needs))
