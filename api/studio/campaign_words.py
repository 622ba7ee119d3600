"""What a marketer reads about flows, tones, offers and fields: plain words with an example each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.studio.arm_words import CTAS, SUBJECTS
from catalog.brief_text import Understood
from prompts.model import TOPIC_TITLES, FlowName

SENT: Mapping[FlowName, str] = {
    "welcome": "After somebody signs up: at once, after three days, and after a week.",
    "abandoned_cart": "An hour, a day and two and a half days after something was left in the cart.",
    "browse_abandonment": "Four hours and three days after somebody looked around and left.",
    "post_purchase": "Three and ten days after an order arrived.",
    "cross_sell": "A week after an order, when something goes well with it.",
    "replenishment": "A few days before something they use up runs out, and once more ten days later.",
    "win_back": "When somebody has not ordered for much longer than they usually take, and two weeks later.",
    "vip": "When you like, to those who buy most and most often.",
    "birthday": "On their birthday, once a year.",
    "price_drop": "Two hours after the price of something they wanted went down.",
    "back_in_stock": "As soon as something they waited for can be ordered again.",
    "newsletter": "When you like, to everybody who wants to hear from you.",
}
TONES: Mapping[str, tuple[str, str]] = {
    "plain": ("Says what there is, and stops.", "Your teapot is still in the cart."),
    "warm": ("As one person to another.", "Good to have you back. We put a few things aside."),
    "playful": ("One light touch, never a joke at the reader's cost.", "Cake is optional. Tea is not."),
    "curious": (
        "Opens with a thought or a question.",
        "What does tea taste of, when it grows slowly?",
    ),
}
LENGTHS: Mapping[str, tuple[str, str]] = {
    "short": ("A line or two, and one sentence for each product.", "Read in ten seconds."),
    "medium": ("A short paragraph, and two sentences for each product.", "Read in half a minute."),
}
NEEDS: Mapping[str, str] = {
    "purchase": "for who has bought before",
    "interest": "for whose taste is known",
    "offer": "where an offer may be made",
    "sale": "where something shown is reduced",
    "cart": "for who has something in the cart",
    "attributes": "where the product has facts to tell",
    "goes_with": "where something goes with it",
    "like_bought": "where something is like what they bought",
}
OFFER_KINDS: Mapping[str, str] = {
    "percent": "A percentage off",
    "amount": "An amount off",
    "free_shipping": "Free delivery",
    "gift": "A gift",
}
LIFECYCLES: Mapping[str, tuple[str, str]] = {
    "prospect": ("Not yet customers", "signed up, no order so far"),
    "new": ("New", "a first order, not long ago"),
    "active": ("Active", "order about as often as they always did"),
    "at_risk": ("At risk", "should have ordered by now"),
    "lapsed": ("Lapsed", "gone far longer than usual"),
}
COLORS: Mapping[str, str] = {
    "accent": "Buttons and links",
    "accent_text": "Text on buttons",
    "background": "Behind the letter",
    "card": "The letter",
    "text": "Text",
    "muted": "Small text",
}
_LABELS: Mapping[str, str] = {
    "name": "Name",
    "topic": "What it is about",
    "flow": "Kind of e-mail",
    "brief.message": "What it should say",
    "brief.products": "What it should show",
    "brief.angles": "Ways to tell it",
    "brief.tones": "Tones",
    "brief.lengths": "Lengths",
    "brief.subjects": "Subjects",
    "brief.ctas": "Buttons",
    "brief.vary_offers": "Try all offers",
    "brief.may_withhold_offer": "Try without an offer too",
    "brief.learn": "Learn from what comes of it",
    "brief.explore": "Share that is always drawn evenly",
    "brief.holdout": "Share that gets nothing, to compare with",
    "brief.limits.count": "Products shown",
    "brief.limits.min_price": "Lowest price",
    "brief.limits.max_price": "Highest price",
    "brief.limits.categories": "Only these categories",
    "brief.limits.brands": "Only these makers",
    "brief.limits.attributes": "Only with these qualities",
    "brief.limits.exclude_categories": "Never these categories",
    "brief.limits.exclude_brands": "Never these makers",
    "brief.limits.exclude_words": "Nothing that mentions",
    "brief.limits.exclude_ids": "Never these products",
    "brief.limits.only_ids": "Only these products",
    "brief.limits.new_within_days": "Only what came in within so many days",
    "brief.limits.max_per_category": "At most so many of one category",
    "brief.limits.max_per_brand": "At most so many of one maker",
    "brief.limits.diversity": "How much the products should differ",
    "brief.limits.only_on_sale": "Only what is reduced",
    "brief.limits.new_to_customer": "Nothing they bought before",
    "brief.merchandising.pins": "Show pinned products",
    "brief.merchandising.weights": "Follow the shop's boosts",
    "brief.merchandising.new_arrivals": "Keep a place for new arrivals",
    "brief.merchandising.free_shipping": "Help to reach free delivery",
    "brief.merchandising.exploration": "Places left to chance, at most",
    "brief.merchandising.show_cap.times": "The same product at most so many times",
    "brief.merchandising.show_cap.days": "… within so many days",
    "brief.merchandising.show_cap.cart_counts": "… also for what lies in the cart",
    "brief.merchandising.excludes": "Left out by rules",
    "brand.name": "Brand: name",
    "brand.url": "Brand: shop address",
    "brand.domain": "Brand: domain that links may lead to",
    "brand.vertical": "Brand: what the shop is",
    "brand.currency": "Brand: currency",
    "brand.locale": "Brand: language and region",
    "brand.timezone": "Brand: clock",
    "brand.postal_address": "Brand: postal address",
    "brand.legal_lines": "Brand: legal lines",
    "brand.voice.description": "Brand: how it sounds",
    "brand.voice.do": "Brand: do",
    "brand.voice.dont": "Brand: do not",
    "brand.sender.name": "Brand: sender's name",
    "brand.sender.email": "Brand: sender's address",
    "brand.sender.reply_to": "Brand: where answers go",
    "brand.colors.accent": "Brand: colour of buttons and links",
    "brand.colors.accent_text": "Brand: colour of text on buttons",
    "brand.colors.background": "Brand: colour behind the letter",
    "brand.colors.card": "Brand: colour of the letter",
    "brand.colors.text": "Brand: colour of text",
    "brand.colors.muted": "Brand: colour of small text",
    "brand.forbidden_words": "Brand: words never to use",
    "brand.competitors": "Brand: names never to mention",
    "brand.facts": "Brand: facts that may be told",
    "brand.public_url": "Brand: where Penfriend is reached",
    "brand.logo_url": "Brand: logo",
    "brand.cart_url": "Brand: address of the cart",
    "brand.consent_required": "Brand: only to who said yes",
    "brand.quiet_hours.start": "Brand: nobody is written to from",
    "brand.quiet_hours.end": "Brand: nobody is written to until",
    "brand.quiet_hours.weekdays": "Brand: other hours on some days",
    "brand.quiet_hours.holidays": "Brand: days without e-mails",
    "brand.caps.min_gap_hours": "Brand: hours between two e-mails, at least",
    "brand.caps.learned_frequency": "Brand: no more often than is best for each",
    "brand.caps.reserved": "Brand: e-mails kept for what customers do",
}
_CAPS: Mapping[str, str] = {
    "total": "e-mails",
    "campaign": "campaigns and newsletters",
    "triggered": "answers to what they did,",
}
_OFFER_LABELS: Mapping[str, str] = {
    "id": "name",
    "kind": "kind",
    "value": "value",
    "code": "code",
    "min_spend": "smallest order",
    "starts": "begins",
    "expires": "ends",
    "terms": "terms",
    "lifecycles": "who may get it",
}
_PERCENTS = frozenset({"brief.holdout", "brief.explore", "brief.limits.diversity", "brief.merchandising.exploration"})
_SENTENCE = 30
"""Characters from which what is listed stands on lines of its own."""
_CODES = ("flow", ".kind", ".angles", ".tones", ".lengths", ".lifecycles")
"""What is written in codes."""
_STYLES: Mapping[str, Mapping[str, tuple[str, str]]] = {"brief.subjects": SUBJECTS, "brief.ctas": CTAS}
_UNDERSTOOD: Mapping[str, str] = {
    "min_price": "from {}",
    "max_price": "up to {}",
    "currency": "in {}",
    "category": "only {}",
    "brand": "only by {}",
    "attribute": "only {}",
    "exclude_category": "no {}",
    "exclude_brand": "nothing by {}",
    "exclude_words": "no “{}”",
    "on_sale": "reduced now",
    "new": "new in the last {} days",
    "in_stock": "in stock",
}


def only_for(needs: Iterable[str]) -> str:
    """When a way to tell it is open; nothing where it always is."""
    said = [NEEDS.get(need, need.replace("_", " ")) for need in needs]
    return f"Only {' and '.join(said)}." if said else ""


def label_of(path: str) -> str:
    """What a changed field is called on the page."""
    if path in _LABELS:
        return _LABELS[path]
    steps = path.split(".")
    if steps[:2] == ["brief", "offers"]:
        field = _OFFER_LABELS.get(steps[3], steps[3]) if len(steps) > 3 else ""
        return f"Offer “{steps[2]}”" + (f": {field}" if field else "")
    if steps[:2] == ["brand", "policies"]:
        return f"Brand: promise “{' '.join(steps[2:]).replace('_', ' ')}”"
    if steps[:2] == ["brand", "caps"] and len(steps) == 4:
        return f"Brand: {_CAPS.get(steps[2], steps[2])} to one customer a {steps[3]}, at most"
    prefix = "Brand: " if steps[0] == "brand" else ""
    said = " ".join(steps[1:] if prefix else steps[-1:]).replace("_", " ")
    return prefix + said if prefix else said[:1].upper() + said[1:]


def value_of(path: str, value: Any) -> str:
    """A value as a marketer would write it; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if path in _PERCENTS:
        return f"{value * 100:g} %"
    if path in _STYLES and isinstance(value, str):
        return _STYLES[path].get(value, (value,))[0].lower()
    if path == "topic":
        return TOPIC_TITLES.get(value, str(value))
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {value_of('', one)}" for name, one in value.items() if one)
    if isinstance(value, list):
        said = [value_of(path, one) for one in value]
        return ("\n" if max(map(len, said), default=0) > _SENTENCE else ", ").join(said)
    return _code(str(value)) if path.endswith(_CODES) else str(value)


def _code(text: str) -> str:
    return OFFER_KINDS.get(text, text.replace("_", " "))


def chips(understood: Understood) -> list[tuple[str, str]]:
    """(what it was taken for, the words it came from) of each limit in a brief's words."""
    return [(_UNDERSTOOD[one.kind].format(one.value.replace("=", ": ")), one.words) for one in understood.constraints]
