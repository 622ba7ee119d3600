"""What varies between e-mails, in the words of a marketer."""

from __future__ import annotations

from collections.abc import Mapping

from composer.bandit.model import Dimension
from composer.best_time import SLOTS

DIMENSIONS: Mapping[Dimension, str] = {
    "angle": "Told as",
    "tone": "Tone",
    "length": "Length",
    "subject": "Subject",
    "cta": "Button",
    "picks": "Products",
    "exploration": "Products left to chance",
    "offer": "Offer",
    "slot": "Time of day",
}
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "question": ("A question", "Have you met the Copper Kettle?"),
    "name": ("With their first name", "A few things for you, Maeve"),
    "number": ("With a price or a percentage", "The Copper Kettle, at £48"),
    "product": ("With a product", "The Copper Kettle, and a few more"),
    "plain": ("Plain", "A small selection for you"),
}
"""Each with an example."""
CTAS: Mapping[str, tuple[str, str]] = {
    "product": ("With a product, and leading to it", "See the Copper Kettle"),
    "short": ("One or two words", "See more"),
    "long": ("A few words", "See the selection"),
}
_ARMS: Mapping[str, Mapping[str, str]] = {
    "subject": {arm: said for arm, (said, _) in SUBJECTS.items()},
    "cta": {arm: said for arm, (said, _) in CTAS.items()},
    "exploration": {"usual": "As many as usual", "none": "None", "more": "More than usual"},
    "offer": {"none": "None"},
    "slot": {
        "usual": "In their own hours",
        **{slot: f"In the {slot}, {first}:00 to {until}:00" for slot, (first, until) in SLOTS.items()},
        "midday": "Around midday, {}:00 to {}:00".format(*SLOTS["midday"]),
    },
}


def dimension_words(dimension: str) -> str:
    """What varies; its own name where it is none of ours."""
    return next((said for name, said in DIMENSIONS.items() if name == dimension), dimension)


def arm_words(dimension: str, arm: str) -> str:
    """One way it can be; a name that a marketer gave it (of an offer, an angle) as it stands."""
    if dimension == "picks":
        return f"{arm} product{'' if arm == '1' else 's'}"
    said = _ARMS.get(dimension, {}).get(arm)
    return said or (arm if dimension == "offer" else arm.replace("_", " ").capitalize())
