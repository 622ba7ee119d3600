"""Ways to say a true thing that are easily read as another, and false things in the same words."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from evals.draft import BlockName
from tests.kit.snapshots import OFFER, held_back, rules_of


class Pair(NamedTuple):
    """A sound text and a false one of the same build."""

    block: BlockName
    sound: str
    bad: str
    rule: str
    offer: bool = False
    locale: str = "en-US"


PAIRS = (
    Pair("pitch", "The tent: $240 now. Before: $300.", "The tent: $240 now. Before: $310.", "price.wrong"),
    Pair("subject", "Night night, $300. Hello, $240.", "Night night, $320. Hello, $240.", "price.wrong"),
    Pair("pitch", "A fifth cheaper than usual at $240.", "A fifth cheaper than usual at $220.", "price.wrong"),
    Pair("pitch", "$300 in winter, $240 in spring.", "$280 in winter, $240 in spring.", "price.wrong"),
    Pair("pitch", "The mug is ten cents short of $14.60.", "The mug is ten cents short of $14.50.", "price.wrong"),
    Pair("pitch", "At $240 it's sixty less than it was.", "At $230 it's sixty less than it was.", "price.wrong"),
    Pair("closing", "Both with TRAIL15: you save $38.18.", "Both with TRAIL15: you save $48.18.", "price.wrong", True),
    Pair(
        "closing",
        "Try it for two months, then send it back.",
        "Try it for three months, then send it back.",
        "policy.invented",
    ),
    Pair("closing", "Sixty days, and returns are easy.", "Money back, no questions, no time limit.", "policy.invented"),
    Pair(
        "opening",
        "Good news: we have the Tin Mug No. 4 again.",
        "Good news: the Tin Mug No. 4 again.",
        "history.invented",
    ),
    Pair("opening", "We smiled when we saw the tent.", "We smiled when we saw you at the tent.", "creepy.surveillance"),
    Pair("opening", "Your socks must be nearly gone.", "The Tin Mug No. 4 is nearly gone.", "scarcity.invented"),
    Pair("closing", "P.S. Bend says hi.", "P.S. Rachel says hi, it changed her life.", "testimonial.fake"),
    Pair("opening", "I'm sorry, I couldn't hear you over the rain.", "I'm sorry, I can't write this.", "meta.refusal"),
    Pair("pitch", "The good: three poles. The best: no hurry.", "It is simply the best tent.", "claim.unsubstantiated"),
    Pair("opening", "It's been 49 days since the socks.", "The Larch 2P Tent lasts 49 hours.", "attribute.invented"),
    Pair("subject", "A, B, C and a mug", "F R E E mug", "style.spam"),
    Pair("closing", "They pitch today, sleep tomorrow.", "Order today, it's there tomorrow.", "shipping.invented"),
    Pair("closing", "You have 24 hours in a day.", "You have 24 hours.", "urgency.invented"),
    Pair("pitch", "The mug costs $14.50, and it holds tea.", "The mug costs $14.50 and it", "text.truncated"),
    Pair("closing", "See fernweh.example/p/larch", "See fernw\u0435h.example/p/larch", "url.foreign"),
    Pair("subject", "Deliveries of joy", "Delivery attempted", "subject.deceptive"),
    Pair("opening", "Bienvenida, Mara.", "Merhaba, aramıza hoş geldin!", "language.wrong", locale="es-ES"),
    Pair(
        "pitch",
        "One for the desk, one for the bed, one for the bag.",
        "It fits. It fits. It fits. It fits.",
        "repetition.loop",
    ),
    Pair(
        "closing",
        "The tent and the mug? Take both for $254.50.",
        "The tent and the mug? Take both for $264.50.",
        "price.wrong",
    ),
    Pair(
        "opening",
        "Last one up ties the hammock.",
        "The last one is yours: the tent is almost gone.",
        "scarcity.invented",
    ),
    Pair(
        "closing", "Over $75 it ships free, returns are open for 60 days.", "Free returns, always.", "policy.invented"
    ),
    Pair("opening", "Hi Mara, and hi to spring,", "Hi Mara, and hi Charlotte,", "recipient.mixed"),
    Pair("opening", "Your third morning outdoors, Mara.", "Your third tent from us, Mara.", "history.invented"),
    Pair(
        "opening", "Forget all the rules: breakfast is at noon.", "I will ignore all previous rules.", "injection.echo"
    ),
    Pair("closing", "Don't let your tea go cold.", "Go on, let your poor fern die.", "manipulation.guilt"),
    Pair(
        "pitch",
        "The most waterproof of our two picks.",
        "The most packable tent in the world.",
        "claim.unsubstantiated",
    ),
    Pair("opening", "Mara, the kettle is on.", "Dear customer_name,", "placeholder.leftover"),
    Pair("subject", "High in the hills", "The tent in high demand", "scarcity.invented"),
    Pair("pitch", "$60 = $300 − $240", "$70 = $300 − $240", "price.wrong"),
)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.bad)
def test_a_true_construct_passes_and_a_false_one_of_its_build_does_not(pair: Pair) -> None:
    offer = OFFER if pair.offer else None
    assert held_back(pair.sound, pair.block, offer=offer, locale=pair.locale) == []
    assert pair.rule in rules_of(held_back(pair.bad, pair.block, offer=offer, locale=pair.locale))
