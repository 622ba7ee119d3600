"""What each rule finds, in a few words for people who never read one, and the names that rules had before."""

from __future__ import annotations

_WORDS = {
    "price.wrong": "a price that is not the product's",
    "discount.invented": "a discount nobody gave",
    "code.invented": "a code that does not exist",
    "offer.misstated": "the offer told wrongly",
    "shipping.invented": "a delivery promise the shop does not make",
    "urgency.invented": "a deadline that is not there",
    "scarcity.invented": "talk of running out without a stock count",
    "policy.invented": "a warranty or return rule the shop does not have",
    "product.not_in_picks": "a product that is not shown",
    "product.out_of_stock": "a sold-out product",
    "attribute.invented": "a property the product's data does not have",
    "claim.medical": "a health claim",
    "claim.unsubstantiated": "praise that needs proof",
    "testimonial.fake": "a quote or rating that is not stored",
    "competitor.mention": "a competitor's name",
    "name.wrong": "another person's name",
    "recipient.mixed": "a second addressee",
    "pii.leak": "private data",
    "history.invented": "something the customer did not do or buy like that",
    "sensitive.inference": "a sensitive guess about the reader",
    "creepy.surveillance": "telling readers how they were watched",
    "manipulation.guilt": "pressure or guilt",
    "placeholder.leftover": "an unfilled placeholder",
    "internal.leak": "internal words",
    "injection.echo": "an instruction hidden in the data",
    "meta.refusal": "a model talking about itself",
    "format.leak": "markup left by the model",
    "html.injection": "code in the text",
    "header.injection": "a line break in a header",
    "url.foreign": "a link to somewhere else",
    "text.truncated": "a sentence that breaks off",
    "repetition.loop": "the same thing said twice",
    "length.exceeded": "too much text",
    "subject.deceptive": "a subject posing as an answer or a service message",
    "language.wrong": "another language",
    "profanity": "a swear word",
    "style.spam": "shouting",
    "emoji.flood": "too many emoji",
    "brand.forbidden": "a word the brand does not use",
    "voice.outsider": "words not in the shop's own voice",
    "chars.garbled": "hidden or garbled characters",
    "sameness.repeats": "much like an earlier e-mail to this customer",
    "message.headers": "the message's headers",
    "message.date": "the message's date",
    "message.id": "the message's id",
    "message.list_id": "the list's id",
    "message.one_click": "unsubscribing in one click",
    "message.sender": "the sender",
    "message.encoding": "the headers' encoding",
    "message.subject": "the subject as sent",
    "message.lines": "the message's lines",
    "message.structure": "the message's parts",
    "message.charset": "the character set",
    "message.size": "the e-mail's size",
    "message.unsubscribe": "the unsubscribe link",
    "message.address": "the postal address",
    "message.links": "where links lead",
    "message.link_disguise": "a link that hides where it leads",
    "message.active": "active content",
    "message.remote": "content loaded from elsewhere",
    "message.hidden": "hidden words",
    "message.lang": "the language mark for screen readers",
    "message.alt": "a picture without a description",
    "message.contrast": "text that is hard to read",
    "message.dark_contrast": "text that is hard to read in dark mode",
    "message.font_size": "small print",
    "message.roles": "the layout for screen readers",
    "message.link_text": "a link without words",
    "message.parts": "text and HTML that differ",
    "message.fields": "an unfilled first name",
    "message.display": "a subject or preview line that inboxes cut",
    "message.reduction": "a former price without its basis",
}

_FORMER = {
    "attribute.described": "attribute.invented",
    "comparison.invented": "attribute.invented",
    "comparison.*": "attribute.invented",
    "product.swapped": "product.not_in_picks",
    "product.offered": "product.not_in_picks",
    "restock.invented": "scarcity.invented",
    "history.listed": "history.invented",
    "event.invented": "history.invented",
    "event.*": "history.invented",
    "offer.claimed": "discount.invented",
    "prompt.leak": "internal.leak",
    "brand.misread": "voice.outsider",
    "empty": "text.truncated",
    "subject.fake_reply": "subject.deceptive",
    "chars.bidi": "chars.garbled",
    "chars.control": "chars.garbled",
    "chars.invisible": "chars.garbled",
    "chars.mixed_script": "chars.garbled",
    "chars.tags": "chars.garbled",
}
"""Rules of guards before 2026.6, in records and labels, and the rule that answers for each since."""


def current(rule: str) -> str:
    """The id under which a rule answers today."""
    return _FORMER.get(rule, rule)


def words_for(rule: str) -> str:
    """What it finds. Rules of a shop's own judges are told by their id."""
    return _WORDS.get(current(rule)) or rule.replace("_", " ").replace(".", ": ")


def known_rules() -> frozenset[str]:
    """The rules that have words."""
    return frozenset(_WORDS)
