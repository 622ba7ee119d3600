"""Why we think they prefer something, in plain English for a marketer. Never for the customer: these are responses."""

from __future__ import annotations

from collections.abc import Sequence

from memory.responses.model import Arm
from memory.responses.trials import MOST_PER_WEEK, Dimension, Outcome

_EMAILS: dict[tuple[Dimension, str], str] = {
    ("subject", "question"): "e-mails with a question in the subject",
    ("subject", "name"): "e-mails with their name in the subject",
    ("subject", "number"): "e-mails with a number in the subject",
    ("subject", "product"): "e-mails that name a product in the subject",
    ("subject", "plain"): "e-mails with a plain subject",
    ("cta", "product"): "e-mails whose button names a product",
    ("cta", "short"): "e-mails whose button has one or two words",
    ("cta", "long"): "e-mails whose button has three words or more",
    ("time", "night"): "e-mails that arrive between midnight and 6",
    ("time", "morning"): "e-mails that arrive between 6 and 11",
    ("time", "midday"): "e-mails that arrive between 11 and 14",
    ("time", "afternoon"): "e-mails that arrive between 14 and 18",
    ("time", "evening"): "e-mails that arrive between 18 and midnight",
    ("per_week", "1"): "e-mails in weeks of one",
    ("per_week", str(MOST_PER_WEEK)): f"e-mails in weeks of {MOST_PER_WEEK} or more",
}
_OTHERS: dict[Dimension, str] = {
    "angle": "e-mails with the angle {arm}",
    "tone": "e-mails in the tone {arm}",
    "length": "{arm} e-mails",
    "subject": "e-mails with the subject style {arm}",
    "cta": "e-mails with the button style {arm}",
    "time": "e-mails at {arm}",
    "per_week": "e-mails in weeks of {arm}",
}
_VERBS: dict[Outcome, str] = {"opened": "Opens", "clicked": "Clicks", "ordered": "Orders after", "left": "Leaves after"}


def reason_of(dimension: Dimension, outcome: Outcome, arms: Sequence[Arm], tells: bool) -> str:
    """`arms`: best first, at least one."""
    best = arms[0]
    which = _EMAILS.get((dimension, best.arm)) or _OTHERS[dimension].format(arm=best.arm)
    if not best.emails:
        return f"Cannot tell yet: none of their own {which}; the shop's average is {best.shop:.1%}."
    said = f"{_VERBS[outcome]} {which} {best.succeeded} of {best.emails} times; the shop's average is {best.shop:.1%}."
    return said if tells else f"Cannot tell yet. {said}"
