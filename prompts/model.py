"""What a flow, a fallback and a prompt are. The files under this folder are data; `library.py` loads them."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from prompts.frozen import Frozen
from prompts.wording import ENGLISH, Wording

FlowName = Literal[
    "welcome", "abandoned_cart", "browse_abandonment", "post_purchase", "cross_sell", "replenishment",
    "win_back", "vip", "birthday", "price_drop", "back_in_stock", "newsletter",
]  # fmt: skip
Topic = Literal["newsletter", "offers", "new_arrivals", "recommendations", "reminders"]
"""What customers can say no to without leaving altogether."""
TOPIC_TITLES: dict[Topic, str] = {
    "newsletter": "News from the shop",
    "offers": "Offers and reduced prices",
    "new_arrivals": "New arrivals",
    "recommendations": "Products that go with what you bought",
    "reminders": "Reminders: your cart, what you looked at, what runs out, what is back",
}
OfferKind = Literal["percent", "amount", "free_shipping", "gift"]
SubjectStyle = Literal["question", "name", "number", "product", "plain"]
"""A question, with the reader's name, with a price or a percentage, with a product, or none of these."""
CtaStyle = Literal["product", "short", "long"]
"""Of the button: with a product, in two words at most, or longer."""


class Step(Frozen):
    """One e-mail of a flow's sequence."""

    name: str
    after: str
    """ISO 8601 duration since the customer entered the state: `PT1H`."""
    note: str
    """What this step does that the one before did not."""


class Angle(Frozen):
    """One way to tell it: an arm of the decision."""

    name: str
    instruction: str
    """For the model, one short sentence."""
    needs: tuple[str, ...] = ()
    """Fact or pick kinds without which this angle is not offered (`purchase`, `cart`, `offer`, `sale` …)."""


class PickRule(Frozen):
    """Which products this flow shows."""

    count: int = Field(ge=1, le=6)
    minimum: int = Field(default=1, ge=0, le=6)
    """Fewer than this and the e-mail is not sent (`too_few_picks`)."""
    kinds: tuple[str, ...] = ()
    """Pick kinds wanted first (`catalog.model.PickKind`), best first."""
    lead: tuple[str, ...] = ()
    """Pick kinds of which the first pick must be one, or the e-mail is not sent (`nothing_to_lead`): a reminder of a
    cart needs something of that cart. Empty means any."""
    only_on_sale: bool = False


class MemoryRule(Frozen):
    """Which kinds of facts the flow may use for picks and tone, and which of them the text may name."""

    use: tuple[str, ...]
    say: tuple[str, ...] = ()


class Flow(Frozen):
    """One of the twelve reasons to write."""

    name: FlowName
    title: str
    goal: str
    """For people and the decision. Internal: the model never sees it and no text may repeat it."""
    task: str
    """For the model: what this e-mail is, in one plain sentence without marketing words."""
    kind: Literal["transactional", "triggered", "campaign"]
    """Its priority under contact rules. `transactional`, which needs no consent and waits for nothing, is for e-mails a
    customer cannot do without; it may make no offer, and no flow that is shipped is one."""
    topic: Topic | None = None
    """What its e-mails are about, where a campaign does not say otherwise; None: nothing one can say no to alone."""
    audience: str
    requires: tuple[str, ...] = ()
    """Memory without which this flow has nothing to say: `cart`, `purchase`, `view`, `birthday`, `consumable` …"""
    steps: tuple[Step, ...]
    angles: tuple[Angle, ...]
    tones: tuple[str, ...]
    lengths: tuple[Literal["short", "medium"], ...]
    subjects: tuple[SubjectStyle, ...] = get_args(SubjectStyle)
    """Styles a subject may have."""
    ctas: tuple[CtaStyle, ...] = get_args(CtaStyle)
    """Styles the button may have."""
    offers: tuple[OfferKind, ...] = ()
    """Kinds of offer a brief may put into this flow."""
    picks: PickRule
    memory: MemoryRule
    version: str = ""
    """SHA-256 of the file."""


BlockName = Literal["subject", "preheader", "opening", "pitch", "closing", "cta"]
BLOCKS: tuple[BlockName, ...] = ("subject", "preheader", "opening", "pitch", "closing", "cta")


class FallbackLine(Frozen):
    """One way to fill one block without a model: a sandboxed Jinja line and what it takes to be true."""

    text: str = Field(min_length=1)
    needs: tuple[str, ...] = ()
    """Everything the line rests on (see `vocabulary.LINE_NEEDS`); used only when all of it is at hand."""
    steps: tuple[str, ...] = ()
    """Steps of the flow it is for; empty means any."""


class Fallback(Frozen):
    """The templated blocks of one flow in one language."""

    flow: FlowName
    locale: str
    """BCP 47 language, with or without region."""
    blocks: dict[BlockName, tuple[FallbackLine, ...]]
    phrases: dict[str, str] = Field(default_factory=dict)
    """How attributes are said in this language; filled from `phrases/<locale>.yaml`."""
    wording: Wording = ENGLISH
    """What all flows say alike; filled from `wording/<language>.yaml`."""
    version: str = ""
    """SHA-256 of the file."""


class Layout(Frozen):
    """The frame of every e-mail: MJML and plain text over the same variables, and the frame's own words."""

    name: str
    mjml: str
    text_template: str
    strings: dict[str, dict[str, str]]
    """By locale: greeting, button, footer words."""
    version: str
    """SHA-256 over the layout's files."""


class Message(Frozen):
    """One chat message for a model."""

    role: Literal["system", "user", "assistant"]
    content: str
