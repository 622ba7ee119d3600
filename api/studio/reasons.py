"""Reason codes of composing, in the words of a marketer."""

from __future__ import annotations

from collections.abc import Iterable

from evals.rule_words import words_for

SPREAD, SPREAD_IN_WORDS = "spread", "A taste of the catalog"
"""What a shop that has sold next to nothing yet shows of each category: composing calls it a theme too."""
_OF_SPREAD = (f"{SPREAD}: ", "from all the catalog: ")
"""How evidence of it begins, now and in e-mails composed before."""
BLOCKS: dict[str, str] = {
    "subject": "Subject",
    "preheader": "Preview line",
    "opening": "Opening",
    "pitch": "Product text",
    "closing": "Closing",
    "cta": "Button",
    "message": "The whole e-mail",
}
_WHY_LEFT: dict[str, str] = {
    "ok": "",
    "edited": "",
    "not_offered": "The model left this one to the template.",
    "no_writer": "No model was asked.",
    "objected": "The customer objected to what it was written from.",
    "deadline": "Time was up before the model answered.",
    "model_timeout": "The model took too long.",
    "model_unreachable": "The model did not answer.",
    "model_rate_limited": "The model was asked too often at that moment.",
    "model_out_of_budget": "The model's account was empty.",
    "model_unauthorised": "The model did not accept our key.",
    "model_unknown": "The model is not known there.",
    "model_refused": "The model refused to write it.",
    "model_garbage": "The model's answer could not be read.",
    "model_prompt_too_long": "The model cannot take that much text.",
    "model_bad_request": "The model did not accept the request.",
    "model_calls_off": "Asking models is switched off here.",
    "model_failed": "The model failed.",
    "circuit_open": "The model had failed too often, so it was left alone for a while.",
}
CHANGES: dict[str, str] = {
    "gone": "a product left the catalog",
    "sold_out": "a product sold out",
    "title": "a product was renamed",
    "price": "a price changed",
    "former_price": "a former price changed",
    "link": "a product's address changed",
    "image": "a picture changed",
    "offer_expired": "the offer ended",
    "objected": "its customer objected to personalisation",
    "edited": "a reviewer edited it",
    "edit_dropped": "a reviewer's edit no longer passed the checks",
    "edit_undone": "an edit was taken back",
}
PICKS: dict[str, str] = {
    "cart": "In the cart",
    "wished": "On the wish list",
    "viewed": "Looked at",
    "searched": "Fits a search",
    "running_low": "May be running low",
    "buy_again": "Bought before",
    "goes_with": "Goes with something bought",
    "like_bought": "Like something bought",
    "interest": "Fits what they like",
    "popular": "Popular in the shop",
    "new": "New in the shop",
    "theme": "Fits the brief",
}
SAY: dict[str, str] = {
    "named": "May be said",
    "coarse": "In general words only",
    "never": "Steers only, never said",
}
REPORTED: dict[str, str] = {
    "Email Sent": "Sent",
    "Email Delivered": "Delivered",
    "Email Opened": "Opened",
    "Email Link Clicked": "Clicked",
    "Email Bounced": "Came back",
    "Email Marked as Spam": "Marked as spam",
    "Unsubscribed": "Unsubscribed",
}
COUNTED: dict[str, str] = {
    "sent": "Counts as one e-mail to this customer",
    "withdrawn": "Counts no more: it will not go out",
    "deferred": "Put off",
    "skipped": "Not written",
}


def block_title(key: str) -> str:
    """`Opening`; of what two blocks say together, both."""
    return " and ".join(BLOCKS.get(one.partition(":")[0], one) for one in key.split("+"))


def why_left(reason: str) -> str:
    """Why a block is not the model's first text, in a sentence; nothing where it is."""
    known = _WHY_LEFT.get(reason)
    return f"An earlier text was held back: {words_for(reason)}." if known is None else known


def pick_kind(kind: str, evidence: Iterable[str] = ()) -> str:
    """A kind of pick, in words. `evidence`: the texts of what it rests on."""
    if kind == SPREAD or (kind == "theme" and any(text.startswith(_OF_SPREAD) for text in evidence)):
        return SPREAD_IN_WORDS
    return PICKS.get(kind, kind)


def failed_call(error: str) -> str:
    """Why a call to a model brought nothing."""
    return _WHY_LEFT.get(error) or "The model failed."
