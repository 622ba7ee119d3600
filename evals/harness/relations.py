"""Metamorphic relations: what an edit of a text or of its facts must do to the guard's answer.

Metamorphic testing (Chen, Cheung and Yiu, 1998) needs no new labels: a true price written another way is still true,
a price with another digit is not. Each relation makes at most one follow-up case of a labelled one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from evals.cases import Case
from evals.checks.length import LIMITS
from evals.harness import rewriting
from evals.report import is_of
from evals.snapshot import Snapshot

COMMON_NAMES, RARE_NAMES = ("Kevin", "Nina"), ("Barnaby", "Clothilde")
FOREIGN_URL = "https://elsewhere.example/now"
CHARACTERS = frozenset(("chars.*",))
WORDED = frozenset(
    "price.wrong discount.invented shipping.invented urgency.invented scarcity.invented offer.misstated "
    "policy.invented claim.* sensitive.inference creepy.surveillance manipulation.guilt testimonial.fake meta.refusal "
    "profanity language.wrong subject.deceptive".split()
)
"""Rules that read words: capitals must make no difference to them. Others know a title, a name or a gap to fill by
its capitals, or are about capitals."""
PERCENT_RAISED, TIMES_THE_DAYS = 7, 2


class Expect(StrEnum):
    """What the guard must answer on the follow-up case."""

    SAME = "same"
    """As on the labelled case: a sound text passes, a bad one is held back."""
    HELD = "held"
    """Held back, though the labelled text is sound."""


class Followup(NamedTuple):
    """What a relation makes of a labelled case."""

    text: str
    snapshot: Snapshot


Edit = Callable[[Case], str | Followup | None]
"""The edited text, or text and facts; None where the relation does not apply."""


@dataclass(frozen=True, slots=True)
class Relation:
    """An edit and what must follow."""

    id: str
    about: str
    expects: Expect
    edit: Edit
    rules: frozenset[str] = frozenset()
    """HELD: one of these must be raised; empty takes any."""

    def followup(self, case: Case) -> Followup | None:
        """The follow-up case; None when the relation does not apply, changes nothing, or outgrows the block."""
        is_lie = self.expects is Expect.HELD
        # Another spelling may mend what is wrong with a text's characters.
        if (is_lie and case.label != "ok") or is_of(case.violated, CHARACTERS):
            return None
        made = self.edit(case)
        if made is None:
            return None
        new = made if isinstance(made, Followup) else Followup(made, case.snapshot)
        # A heading that no longer fits would be held back for its length, whatever else is true of it.
        grown = len(new.text) > LIMITS[case.block.name] >= len(case.block.text)
        return None if new == (case.block.text, case.snapshot) or grown else new


def _text(change: Callable[[str], str]) -> Edit:
    return lambda case: change(case.block.text)


def _is_worded(case: Case) -> bool:
    """True for a sound text, and for a bad one that is bad by its words, not by a name or a sign in it."""
    return case.label == "ok" or is_of(case.violated, WORDED)


def _english_heading(case: Case) -> str | None:
    heading = case.block.name in ("subject", "cta") and case.snapshot.locale.startswith("en")
    return rewriting.title_cased(case.block.text) if heading and _is_worded(case) else None


def _bad_in_other_case(change: Callable[[str], str]) -> Edit:
    """Only bad texts: a sound one in capitals shouts, and one without them misspells names."""
    return lambda case: change(case.block.text) if case.label != "ok" and _is_worded(case) else None


def _with_sign_moved(case: Case) -> str | None:
    return None if case.snapshot.locale.startswith("en") else rewriting.with_sign_moved(case.block.text)


def _other_english(case: Case) -> Followup | None:
    """British and American English differ in how they read 3/4: a text with a slash is left alone."""
    others = {"en-GB": "en-US", "en-US": "en-GB"}
    locale = others.get(case.snapshot.locale)
    if locale is None or "/" in case.block.text:
        return None
    return Followup(case.block.text, case.snapshot.model_copy(update={"locale": locale}))


def _reordered(case: Case) -> Followup:
    """Lists of facts the other way round. A block knows its pick by its id, not by its place."""
    snapshot = case.snapshot
    products = [
        product.model_copy(update={"attributes": dict(reversed(product.attributes.items()))})
        for product in reversed(snapshot.products)
    ]
    brand = snapshot.brand.model_copy(
        update={
            "policies": dict(reversed(snapshot.brand.policies.items())),
            "competitors": snapshot.brand.competitors[::-1],
            "facts": snapshot.brand.facts[::-1],
        }
    )
    person = snapshot.person.model_copy(update={"orders": snapshot.person.orders[::-1]})
    changes = {"products": tuple(products), "brand": brand, "person": person, "facts": snapshot.facts[::-1]}
    return Followup(case.block.text, snapshot.model_copy(update=changes))


def _prices(snapshot: Snapshot) -> set[Decimal]:
    return {product.price for product in snapshot.products if product.price is not None}


def _explained(snapshot: Snapshot) -> set[Decimal]:
    """Amounts a careful reader could get from the facts: a lie must not hit one of them by chance."""
    base = [product.price for product in snapshot.products if product.price is not None]
    base += [product.compare_at_price for product in snapshot.products if product.compare_at_price is not None]
    policies = snapshot.brand.policies.values()
    known = [value for value in policies if isinstance(value, int | float) and not isinstance(value, bool)]
    base += [Decimal(str(value)) for value in known]
    if offer := snapshot.offer:
        base += [value for value in (offer.value, offer.min_spend) if isinstance(value, Decimal)]
        if isinstance(offer.value, Decimal):
            base += [price * (100 - offer.value) / 100 for price in _prices(snapshot)]
    pairs = {abs(one - other) for one, other in combinations(base, 2)}
    pairs |= {one + other for one, other in combinations(base, 2)}
    return {*base, *pairs, sum(_prices(snapshot), Decimal(0))}


def _digit_changed(place: int) -> Edit:
    """Another digit at `place` in the first amount that is exactly the price of a pick."""

    def edit(case: Case) -> str | None:
        text, snapshot = case.block.text, case.snapshot
        for amount in rewriting.amounts(text, snapshot.locale):
            if amount.value in _prices(snapshot):
                number = text[slice(*amount.digits)]
                for digit in "123456789":
                    at = place % len(number)
                    lie = rewriting.replaced(text, (amount.digits[0] + at, amount.digits[0] + at + 1), digit)
                    if _first_value(lie, snapshot.locale, amount.digits[0]) not in {*_explained(snapshot), None}:
                        return lie
        return None

    return edit


def _first_value(text: str, locale: str, start: int) -> Decimal | None:
    return next((item.value for item in rewriting.amounts(text, locale) if item.digits[0] == start), None)


def _prices_swapped(case: Case) -> str | None:
    """The prices of two picks, both named in the text, each for the other."""
    text = case.block.text
    found = [item for item in rewriting.amounts(text, case.snapshot.locale) if item.value in _prices(case.snapshot)]
    named = sum(_is_named(product.name, text) for product in case.snapshot.products)
    if len(found) != 2 or found[0].value == found[1].value or named < 2:
        return None
    first, second = (text[slice(*item.digits)] for item in found)
    return rewriting.replaced(rewriting.replaced(text, found[1].digits, first), found[0].digits, second)


def _is_named(name: str, text: str) -> bool:
    """True when a word of a product's name that is long enough to be its own stands in the text."""
    return any(len(word) > 2 and word.lower() in text.lower() for word in name.split())


def _currency_changed(case: Case) -> str | None:
    text = case.block.text
    if not any(rewriting.amounts(text, case.snapshot.locale)):
        return None
    return text.translate(str.maketrans("£$€", "€£$")) if any(sign in text for sign in "£$€") else None


def _percent_raised(case: Case) -> str | None:
    for percent, span in rewriting.percents(case.block.text):
        raised = percent + PERCENT_RAISED
        if raised < 100 and not _explains_percent(case.snapshot, raised):
            return rewriting.replaced(case.block.text, span, str(raised))
    return None


def _explains_percent(snapshot: Snapshot, percent: int) -> bool:
    savings = (
        (product.compare_at_price - product.price) / product.compare_at_price * 100
        for product in snapshot.products
        if product.price is not None and product.compare_at_price
    )
    return any(saving >= percent for saving in savings) or str(percent) in snapshot.model_dump_json()


def _days_raised(case: Case) -> str | None:
    for days, span in rewriting.day_counts(case.block.text):
        return rewriting.replaced(case.block.text, span, str(days * TIMES_THE_DAYS))
    return None


def _negation_dropped(case: Case) -> str | None:
    """Only where the case is about a negated claim: not every negation denies something we may not say."""
    return rewriting.without_negation(case.block.text) if case.category == "negation" else None


def _name_switched(others: Sequence[str]) -> Edit:
    def edit(case: Case) -> str | None:
        name = case.snapshot.person.first_name
        if not name or name not in case.block.text:
            return None
        other = next(other for other in others if other not in case.snapshot.model_dump_json())
        return case.block.text.replace(name, other)

    return edit


def _code_changed(case: Case) -> str | None:
    """Two characters of the offer's code, so that no mend of a single slip explains it."""
    offer = case.snapshot.offer
    if offer is None or not offer.code or offer.code not in case.block.text:
        return None
    return case.block.text.replace(offer.code, f"{offer.code[:-2]}{'77' if offer.code[-2:] != '77' else '66'}")


def _appended(words: str) -> Edit:
    return lambda case: f"{case.block.text} {words}"


def _same(id_: str, about: str, edit: Edit) -> Relation:
    return Relation(id_, about, Expect.SAME, edit)


def _held(id_: str, about: str, edit: Edit, *rules: str) -> Relation:
    return Relation(id_, about, Expect.HELD, edit, frozenset(rules))


_NAMES = ("name.wrong", "recipient.mixed")
RELATIONS = (
    _same("decomposed", "letters and accents apart (NFD)", _text(rewriting.decomposed)),
    _same("curly_quotes", "quotes as typographers set them", _text(rewriting.curled)),
    _same("straight_quotes", "quotes as typewriters set them", _text(rewriting.straightened)),
    _same(
        "no_break_space",
        "U+00A0 beside numbers",
        _text(lambda text: rewriting.spaced(text, rewriting.NO_BREAK_SPACE)),
    ),
    _same("narrow_space", "U+202F beside numbers", _text(lambda text: rewriting.spaced(text, rewriting.NARROW_SPACE))),
    _same(
        "cents_written",
        "£96 as £96.00",
        lambda case: rewriting.with_cents(case.block.text, case.snapshot.locale),
    ),
    _same("currency_code", "£96 as GBP 96", _text(rewriting.with_codes)),
    _same("sign_moved", "96 € as € 96", _with_sign_moved),
    _same("title_case", "English headings With Capitals", _english_heading),
    _same(
        "upper_case",
        "bad texts in capitals",
        _bad_in_other_case(rewriting.upper_cased),
    ),
    _same(
        "lower_case",
        "bad texts in small letters",
        _bad_in_other_case(rewriting.lower_cased),
    ),
    _same("other_english", "British as American and back", _other_english),
    _same("facts_reordered", "lists of facts the other way round", _reordered),
    _held("first_digit", "another first digit of a price", _digit_changed(0), "price.wrong"),
    _held("last_digit", "another last digit of a price", _digit_changed(-1), "price.wrong"),
    _held("prices_swapped", "each of two picks at the other's price", _prices_swapped, "price.wrong"),
    _held("currency_changed", "the same amount in another currency", _currency_changed),
    _held("percent_raised", "seven points more", _percent_raised),
    _held("days_doubled", "twice the days", _days_raised),
    _held("negation_dropped", "a denied claim claimed", _negation_dropped),
    _held("common_name", "somebody else's name", _name_switched(COMMON_NAMES), *_NAMES),
    _held("rare_name", "a name on no list", _name_switched(RARE_NAMES), *_NAMES),
    _held("code_changed", "a code nobody granted", _code_changed),
    _held("zero_width", "a zero-width space inside a word", _text(rewriting.with_invisible), "chars.garbled"),
    _held("homoglyph", "a Cyrillic letter inside a word", _text(rewriting.with_homoglyph), "chars.garbled"),
    _held("foreign_url", "a link to elsewhere", _appended(FOREIGN_URL), "url.foreign"),
    _held("braces", "a merge field left over", _appended("{{ first_name }}"), "placeholder.leftover"),
    _held("brackets", "a gap left to fill", _appended("[Name]"), "placeholder.leftover"),
)  # fmt: skip
"""Every relation, those that must change nothing first."""
