"""What varies for a person: chosen here, never written by the model; always logged with its probability.

Nine dimensions, each drawn on its own among the arms that flow, brief and customer allow (`composer.bandit.arms`). The
number of picks and how far they explore are drawn before there are picks; the rest after, for what makes sense depends
on what is shown, and the offer first of them, for an angle may rest on it. So each probability is that of its draw
given those before it, and their product that of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import prod
from typing import Any, Literal, cast

from pydantic import Field

from composer.bandit.arms import (
    USUAL,
    AtHand,
    angles_for,
    check_brief,
    ctas_for,
    offers_for,
    subjects_for,
)
from composer.bandit.drawing import Dice
from composer.bandit.model import DIMENSIONS, Choice, Dimension, Situation
from composer.documents import Brief, Offer
from composer.writing import Value
from prompts.model import Angle, CtaStyle, Flow, SubjectStyle

Drawn = Mapping[Dimension, Choice]


class Decision(Value):
    """How one e-mail was decided. `subject`, `cta` and `choices` are empty in one of before there were such."""

    angle: Angle
    tone: str
    length: Literal["short", "medium"]
    offer: Offer | None
    subject: SubjectStyle | Literal[""] = ""
    cta: CtaStyle | Literal[""] = ""
    slot: str = USUAL
    choices: dict[Dimension, Choice] = Field(default_factory=dict)
    probability: float
    """Of all draws together."""
    arms: int
    """How many ways there were to draw them."""
    policy: str
    learned: str = ""
    """The version of what the policy had learned; empty for nothing."""
    situation: Situation | None = None
    """What the policy was asked about; None in an e-mail that is made anew: it was decided before."""

    def logged(self) -> dict[str, Any]:
        """For the record and the API: names, each with its probability and what else was possible."""
        arms: dict[str, str] = {name: choice.arm for name, choice in self.choices.items()}
        choices = {"choices": {name: _logged(choice) for name, choice in self.choices.items()}} if arms else {}
        return {
            "policy": self.policy,
            **({"learned": self.learned} if self.learned else {}),
            **arms,
            "angle": self.angle.name,
            "tone": self.tone,
            "length": self.length,
            "offer": self.offer.id if self.offer else None,
            "probability": float(f"{self.probability:.6g}"),
            "arms": self.arms,
            **choices,
        }


def _logged(choice: Choice) -> dict[str, Any]:
    return {"arm": choice.arm, "probability": round(choice.probability, 9), "arms": list(choice.arms)}


def decide(flow: Flow, brief: Brief, dice: Dice, *, at_hand: AtHand, today: date, before: Drawn) -> Decision:
    """Draw what is left to draw. `before`: what was drawn before there were picks (`composer.picking`).

    Raises InvalidInput when the brief names something that the flow does not have.
    """
    check_brief(flow, brief)
    situation = dice.situation
    offers = offers_for(flow, brief, situation.lifecycle, today)
    drawn = dict(before) | {"offer": dice.draw("offer", list(offers))}
    offer = offers[drawn["offer"].arm]
    topics = at_hand.topics | ({"offer"} if offer else set())
    angles = {angle.name: angle for angle in angles_for(flow, brief, topics)}
    left: dict[Dimension, tuple[str, ...]] = {
        "angle": tuple(angles),
        "tone": tuple(tone for tone in flow.tones if not brief.tones or tone in brief.tones),
        "length": tuple(length for length in flow.lengths if not brief.lengths or length in brief.lengths),
        "subject": subjects_for(flow, brief, at_hand, offer),
        "cta": ctas_for(flow, brief, at_hand),
        "slot": at_hand.slots,
    }
    drawn |= {dimension: dice.draw(dimension, arms) for dimension, arms in left.items()}
    choices = {dimension: drawn[dimension] for dimension in DIMENSIONS if dimension in drawn}
    return Decision(
        angle=angles[choices["angle"].arm],
        tone=choices["tone"].arm,
        length=cast(Literal["short", "medium"], choices["length"].arm),
        offer=offer,
        subject=cast(SubjectStyle, choices["subject"].arm),
        cta=cast(CtaStyle, choices["cta"].arm),
        slot=choices["slot"].arm,
        choices=choices,
        probability=prod(choice.probability for choice in choices.values()),
        arms=prod(len(choice.arms) for choice in choices.values()),
        policy=dice.policy.name,
        learned=dice.policy.learned,
        situation=situation,
    )


def again(logged: Mapping[str, Any], *, angle: Angle, tone: str, length: Any, offer: Offer | None) -> Decision:
    """A decision as it was `logged`, for an e-mail that is made anew: nothing is drawn again."""
    choices = logged.get("choices", {})
    return Decision(
        angle=angle,
        tone=tone,
        length=length,
        offer=offer,
        subject=logged.get("subject", ""),
        cta=logged.get("cta", ""),
        slot=logged.get("slot", USUAL),
        choices=choices,
        probability=logged["probability"],
        arms=logged["arms"],
        policy=logged["policy"],
        learned=logged.get("learned", ""),
    )
