"""What varies for a person: angle, tone, length, offer. Chosen here, never written by the model; always logged.

For now every allowed arm is equally likely, by hash of the idempotency key: a logged, unbiased start that
later learning can be measured against.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Literal

from composer import chance
from composer.documents import Brief, Offer
from composer.writing import Value
from memory.model import Lifecycle
from prompts.model import Angle, Flow
from store.errors import InvalidInput

POLICY = "uniform-1"


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

    def logged(self) -> dict[str, Any]:
        """For the record and the API: names only."""
        return {
            "policy": self.policy,
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
    angle, tone, length = arms[int(chance.unit("decision", POLICY, *key) * len(arms))]
    return Decision(angle=angle, tone=tone, length=length, offer=offer, probability=1 / len(arms), arms=len(arms))


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
