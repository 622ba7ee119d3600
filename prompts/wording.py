"""What an e-mail says in every flow alike, in one language: offers, lists, what a cart comes to.

Read from `wording/<language>.yaml`. English has no such file: its words are the defaults here, and with them whatever
was written before there were such files can be written again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import cycle
from typing import Annotated

from pydantic import AfterValidator, Field

from prompts.frozen import Frozen

_PLACES = re.compile(r"\{(\w*)\}")
_QUOTES = re.compile(r'["“”„«»]')
_ENDS = ":;?!"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_BREAKING = re.compile(r"[^\S\u00a0\u202f]+")


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    return pattern


def _with(*places: str) -> AfterValidator:
    """A pattern that has these places for values, and no other."""

    def check(pattern: str) -> str:
        if set(_PLACES.findall(pattern)) != set(places):
            wanted = ", ".join(f"{{{place}}}" for place in places) or "nothing in braces"
            raise ValueError(f"it must hold {wanted}, and no other place")
        return pattern

    return AfterValidator(check)


_Value = Annotated[str, _with("value")]
_Over = Annotated[str, _with("gives", "amount")]


class OfferWords(Frozen):
    """What an offer gives: a noun phrase that stands after a preposition, after a colon and alone as a title."""

    percent: _Value = "{value}% off"
    amount: _Value = "{value} off"
    free_shipping: Annotated[str, _with()] = "free shipping"
    gift: _Value = "a free {value}"


class ThresholdWords(Frozen):
    """The same with the sum from which it is given."""

    percent: _Over = "{gives} orders of {amount} or more"
    amount: _Over = "{gives} orders of {amount} or more"
    free_shipping: _Over = "{gives} on orders of {amount} or more"
    gift: _Over = "{gives} with orders of {amount} or more"


_Named = Annotated[str, _with("name")]


class Spoken(Frozen):
    """What a model is told, so that it writes in this language. English is told by the flows and prompts themselves."""

    facts: dict[str, _Named]
    """What may be said of the reader, by kind of fact; a kind that is missing is not told."""
    tones: dict[str, str]
    lengths: dict[str, str]
    limits: dict[str, str]
    """How long each block may be, and what its styles ask for."""
    faults: dict[str, str]
    """Families of rules, and `other`, as a model hears of them when it is asked again."""
    flows: dict[str, dict[str, str]]
    """By flow: its `task`, and the instruction of each of its angles."""


class Wording(Frozen):
    """The words of one language; the defaults are English."""

    language: str = "en"
    offers: OfferWords = OfferWords()
    over: ThresholdWords = ThresholdWords()
    basket: Annotated[str, _with("items", "total", "threshold")] = (
        "{items} together are {total}. Delivery is free over {threshold}."
    )
    listed: Annotated[str, _with("first", "last")] = "{first} and {last}"
    """`cocoa, walnut and treacle`: the last of a list."""
    lowers: bool = True
    """Whether common nouns are written small within a sentence: not in German."""
    as_it_is: Annotated[str, AfterValidator(_compiles)] = r"^(?:un|non|no |not )|free$"
    """Attribute values in lower case that stand alone: "scented with" would turn `unscented` around."""
    not_quoted: tuple[str, ...] = Field(default=())
    """Words (`*` for any ending) that no quoted sentence of a product's description may hold, beside the English ones
    that hold everywhere: money, praise that needs proof, pressure, health, the shop's "we", abbreviations."""

    quotes: Annotated[str, Field(pattern=r"^(?:.{4})?$")] = ""
    """`„“‚‘`: the marks that templates quote names with, then those for a name within a name. Empty: as they come."""
    keeps_spaces: bool = False
    """Whether a space that does not break stays one, as before the mark of « où vous en étiez ? » or in `12 %`."""
    first_day: str = ""
    """`1er`, where the first of a month is no plain number."""
    without_sharp_s: tuple[str, ...] = ()
    """Locales that write `ss` for `ß`: `de-CH`."""
    apart: str = ""
    """Marks that stand apart from their word by a space that does not break: `«»:;?!` in French."""
    articles: tuple[str, ...] = ()
    """Those that go before a name in quotes: the shop's name of a thing has a gender that nobody told."""
    familiar: tuple[str, ...] = ()
    """Words that speak to a friend, where the templates are formal: `du`. A shop that says du empties the list."""
    spoken: Spoken | None = None
    """None for English, and for a language whose templates alone write."""

    version: str = ""
    """SHA-256 of the file; empty for English."""

    def spaced(self, text: str) -> str:
        """One space where there are several or a line break."""
        return _BREAKING.sub(" ", text).strip() if self.keeps_spaces else " ".join(text.split())

    def dated(self, day: str) -> str:
        """`1er décembre 2026` for `1 décembre 2026`."""
        return f"{self.first_day} {day[2:]}" if self.first_day and day.startswith("1 ") else day

    def spelt(self, line: str, locale: str) -> str:
        """A line as it is written in that country."""
        return line.replace("ß", "ss") if locale in self.without_sharp_s else line

    def nested(self, text: str) -> str:
        """`„Kanne ‚Napoli‘“` for `„Kanne „Napoli““`: what is quoted within a quotation has marks of its own."""
        if not self.quotes or text.count(self.quotes[0]) < 2:
            return text
        opening, closing, inner, inner_end = tuple(self.quotes)
        depth, written = 0, []
        for letter in text:
            depth += letter == opening
            written.append({opening: inner, closing: inner_end}.get(letter, letter) if depth > 1 else letter)
            depth -= letter == closing and depth > 0
        if depth:
            return text
        within = "".join(written).replace(f"{inner} ", inner).replace(f"{inner}\xa0", inner)
        return within.replace(f" {inner_end}", inner_end).replace(f"\xa0{inner_end}", inner_end)

    def typeset(self, text: str, names: Sequence[str] = ()) -> str:
        """A model's line with the marks of this language: `„Kanne“` for `"Kanne"`, `l’huile` for `l'huile`.

        `names` keep the apostrophes they are written with, and lose an article before their quotes: `« Boîte »` for
        `le « Boîte »`. English stays as it is.
        """
        if not self.quotes:
            return text
        text = _APOSTROPHE.sub("’", text)
        for name in names:
            text = text.replace(_APOSTROPHE.sub("’", name), name)
        opening, closing = self.quotes[0], self.quotes[1]
        inner = "\u00a0" if opening in self.apart else ""
        if len(_QUOTES.findall(text)) % 2 == 0:
            marks = cycle((opening, closing))
            text = _QUOTES.sub(lambda _: next(marks), text)
            text = re.sub(rf"{opening}\s*", opening + inner, text)
            text = re.sub(rf"\s*{closing}", inner + closing, text)
        if names and self.articles:
            articles = "|".join(map(re.escape, self.articles))
            quoted = "|".join(re.escape(f"{opening}{inner}{name}") for name in names)
            text = re.sub(rf"\b(?:{articles}) (?={quoted})", "", text, flags=re.IGNORECASE)
        return re.sub(rf"\s*([{_ENDS}])(?=\s|$)", "\u00a0\\1", text) if set(_ENDS) <= set(self.apart) else text

    def list_of(self, items: list[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return self.listed.replace("{first}", ", ".join(items[:-1])).replace("{last}", items[-1])


ENGLISH = Wording()
