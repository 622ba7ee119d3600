"""Numbers said of a product: measures, counts, percentages, years and bare numbers. Part of `attribute.invented`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, product

from evals.checks.amounts import savings, thresholds
from evals.checks.bind import bound_picks
from evals.checks.discounts import is_reduction
from evals.checks.evidence import is_of_goods
from evals.checks.making import MATERIAL_CLAIMS
from evals.checks.passing import is_small_word
from evals.checks.promises import policy_spans
from evals.checks.scarcity import is_stock_measure
from evals.checks.testimonials import retold
from evals.licences import ProductView, numbers_in, quantities_in, spaced
from evals.passage import Passage
from evals.rules import Finding
from evals.text.keeping import kept_with
from evals.text.quantities import Compare, Kind, Quantity
from evals.text.tokens import Sentence
from evals.text.units import UNITS
from evals.verdict import Severity
from evals.world import World

DAY = 86_400
SMALL = 12
"""Bare numbers up to this one are ordinary language."""
MOST = 48
"""Pieces in a pack, at most, whose measures are summed."""
ABOUT = Decimal("0.1")
CONVERTED = Decimal("0.03")
"""How far a measure in another unit may be rounded."""
HAIR = Decimal("0.005")
"""How far an exact measure may be from the truth, as a share of it: it was rounded."""
GENEROUS = Decimal("1.25")
"""How far above a hedged measure the truth may lie ("gut einen Liter" of 1.2): who says less promises too little."""
_ONE = frozenset("a an one un une una ein eine einen einem einer".split())
_CONSUMED = frozenset(
    ("cup", "person", "serving", "bottle", "wash", "egg", "bag", "can", "sheet", "candle", "sock", "bar")
)
_PRICED_BY = re.compile(
    r"(?:[€$£]|\d)\s?(?:/|p|euros?|für|for|pour|por|per|pro|je|les|los|el|le|la|the)\s?"
    r"(?:(?:für|for|pour|por|the|les|los|a|ein)\s){0,2}$",
    re.IGNORECASE,
)
_UNITS_OF_PRICE = frozenset(map(Decimal, (1, 10, 100, 1000)))
_INCHES = re.compile(r"(\d+(?:\.\d+)?)\s?in\b$")
""" "Monstera 6 in": at the end of a title "in" is a length."""
_CONTEXT = (
    "history.strong", "history.known", "history.count", "policy.promise", "urgency.deadline", "urgency.pressure",
    "offer.cue", "time.past", "shipping.word", "shipping.speed",
)  # fmt: skip


def number_claims(passage: Passage, world: World) -> Iterable[Finding]:
    """Measures, counts, percentages, years and bare numbers that no fact holds."""
    found = (*_measures(passage, world), *_shares(passage, world), *_numbers(passage, world), *_years(passage, world))
    yield from (replace(item, severity=Severity.WARN) if _is_loose(passage, world, item) else item for item in found)


def _is_loose(passage: Passage, world: World, found: Finding) -> bool:
    """What an opening or a closing counts that is nothing of a product's, and what is said of a thing they own that is
    not shown: no fact could bear it out, so it is pointed out only."""
    if passage.name in ("opening", "closing") and not is_of_goods(passage, *found.span):
        return True
    start, _ = passage.clause_at(*found.span)
    before = [item for item in passage.mentions if start <= item.start < found.span[0] and item.strength > 1]
    kinds = {kind for number in (before[-1].things if before else ()) for kind in world.names.things[number].kinds}
    return "order" in kinds and "pick" not in kinds


def facts_of(picks: Sequence[ProductView]) -> str | None:
    """The fields of the first picks, for whoever looks at a verdict."""
    said = [f"{pick.facts.name}: {pick.attribute_text.replace(chr(10), '; ') or 'no attributes'}" for pick in picks[:2]]
    return " | ".join(said) or None


def _measures(passage: Passage, world: World) -> Iterable[Finding]:
    for item in passage.quantities:
        if item.kind not in (Kind.MEASURE, Kind.COUNT):
            continue
        if item.spelled and item.compare is Compare.EXACT and passage.is_negated(item.start, item.end):
            continue
        if _PRICED_BY.search(passage.text, 0, item.start) and item.value in _UNITS_OF_PRICE:
            continue  # "2,98 € für 100 g": what a price is for, and the price is judged
        picks = bound_picks(passage, world, item.start, item.end)
        if not _is_true_measure(passage, item, picks, world):
            said = passage.text[item.start : item.end]
            weight = Severity.WARN if _may_be_told(passage, item, world) else None
            yield Finding((item.start, item.end), f"No fact gives “{said}”.", facts_of(picks), severity=weight)


def _may_be_told(passage: Passage, item: Quantity, world: World) -> bool:
    """A number that stands in the facts beside another unit or product ("20 gallons" of "20 gal"), a few things
    counted in words ("drei Größen" of "S, M, L") and one of a unit, which is its article ("un mètre cinquante"), are
    more often read wrong than invented."""
    told = numbers_in(passage.text[item.start : item.end], world.language)
    few = item.spelled and item.kind is Kind.COUNT and item.value <= SMALL
    few = few or passage.tokens_in(item.start, item.end)[0].word in _ONE
    return few or (bool(told) and told <= frozenset().union(*(pick.numbers for pick in world.picks)))


def _is_true_measure(passage: Passage, item: Quantity, picks: Sequence[ProductView], world: World) -> bool:
    part = passage.sentence_at(item.start)
    facts = [fact for pick in picks for fact in pick.quantities]
    facts += quantities_in(retold(passage, world), passage.world.language, world.snapshot.brand.currency)
    same = [fact for fact in facts if fact.what == item.what and fact.kind is item.kind]
    if any(is_near(item, value) for fact in same for value in fact.readings) or _is_same_bound(item, picks):
        return True
    if _is_of_gift(item, world) or _is_converted(passage, item, same):
        return True
    if any(is_near(item, value * _factor_of(item)) for fact in facts if fact.kind is Kind.PLAIN and fact.spelled
           for value in fact.readings):  # fmt: skip
        return True
    if not passage.pick and not any(mention.strength for mention, _ in passage.picks_named_in(*part)) and any(
        is_near(item, value) for pick in world.picks for fact in pick.quantities
        if fact.what == item.what and fact.kind is item.kind for value in fact.readings
    ):  # fmt: skip
        return True  # "the set takes tyres up to 38 mm": no name says which pick is meant
    if item.what == "time":
        about = passage.name in ("pitch", "whole") or bool(passage.mentions)
        if about and _is_ageing(passage, item, picks):
            return False
        return bool(set(item.readings) & policy_spans(world)) or _is_harmless_time(passage, item, bool(same) and about)
    if item.kind is Kind.COUNT:
        return _is_true_count(item, picks, world) or _is_count_of_both(passage, item)
    stocked = any(is_stock_measure(item, pick) for pick in picks)
    return stocked or _is_multiple(item, picks) or _is_in_shared_facts(passage, item, world)


def _is_converted(passage: Passage, item: Quantity, same: Sequence[Quantity]) -> bool:
    """ "1.8 m long, or six feet": the measure of the facts stands beside it in its own unit."""
    beside = (other for other in passage.quantities if other.what == item.what and other.start != item.start)
    told = {value for fact in same for value in fact.readings}
    return any(other.value in told and abs(item.value - other.value) <= other.value * CONVERTED for other in beside)


def _is_of_gift(item: Quantity, world: World) -> bool:
    """ "A Butter Muslin 2-Pack for nothing": the name of the offer's gift has its own numbers."""
    offer = world.snapshot.offer
    if offer is None or offer.kind != "gift":
        return False
    told = quantities_in(str(offer.value), world.language, world.snapshot.brand.currency)
    return any(fact.what == item.what and set(fact.readings) & set(item.readings) for fact in told)


_AGED = re.compile(
    r"\b(?:aged|ageing|aging|matur\w*|ripen\w*|cave|cellar|barrel|cask|oak|gereift|reif\w*|lager\w*|keller|fass|fässern?"
    r"|affin\w*|vieilli\w*|cave|fûts?|chêne|eichenf\w+|élev\w+|roble|bodega|barricas?|madur\w*|curad\w*|crianza|envejec\w*)\b",
    re.IGNORECASE,
)
AGEING = 28 * DAY
"""Seconds from which a time is one of ripening."""


def _is_ageing(passage: Passage, item: Quantity, picks: Sequence[ProductView]) -> bool:
    """ "Thirty-six months in a cave" of what was aged for eighteen, which a field says."""
    part = passage.sentence_at(item.start)
    said = _AGED.finditer(passage.text, part.start, part.end) if item.value >= AGEING else ()
    if all(passage.is_in_name(*match.span()) for match in said) or _is_past(passage, part):
        return False
    return any(_AGED.search(spaced(key)) for pick in picks for key in pick.facts.attributes)


def _is_past(passage: Passage, part: Sentence) -> bool:
    """ "Five weeks ago you ordered half a kilo": a span of the reader's, which the rules on their history judge."""
    return any(part.start <= hit.start < part.end for hit in passage.hits("time.past", "history.strong"))


def _factor_of(item: Quantity) -> Decimal:
    """The unit of a measure of time ("twenty minutes instead of two"); 0 of others, which no bare number gives."""
    units = (unit.factor for unit in UNITS.values() if unit.dimension == "time")
    whole = [factor for factor in units if item.what == "time" and item.value % factor == 0]
    return max(whole, default=Decimal(0))


def _is_multiple(item: Quantity, picks: Sequence[ProductView]) -> bool:
    """ "Three bars, 270 g in all": a measure of the facts as often as they count."""
    return any(
        fact.what == item.what and any(is_near(item, value * number) for value in fact.readings)
        for pick in picks
        for fact in pick.quantities
        for number in pick.numbers
        if 1 < number <= MOST and number == int(number)
    )


def is_near(item: Quantity, truth: Decimal) -> bool:
    """True when a measure as hedged is true of a fact."""
    said = item.value
    if item.compare is Compare.UNDER:
        return truth < said
    if item.compare in (Compare.OVER, Compare.JUST_OVER):
        return said <= truth
    if item.compare is Compare.ABOUT and said <= truth <= said * GENEROUS:
        return True
    if item.compare in (Compare.ABOUT, Compare.NEARLY, Compare.UP_TO):
        return abs(said - truth) <= truth * ABOUT
    return abs(said - truth) <= truth * HAIR


def _is_same_bound(item: Quantity, picks: Sequence[ProductView]) -> bool:
    """ "Below 18 %" of a field that says so: a bound of the facts may be repeated."""
    return item.compare is not Compare.EXACT and any(
        fact.compare is item.compare and fact.kind is item.kind and item.value in fact.readings
        for pick in picks
        for fact in pick.quantities
    )


def _is_harmless_time(passage: Passage, item: Quantity, contradicted: bool) -> bool:
    """Spans of orders, policies and offers are judged elsewhere; "ten minutes of quiet" claims nothing."""
    sentence = passage.sentence_at(item.start)
    judged = any(sentence.start <= hit.start < sentence.end for hit in passage.hits(*_CONTEXT))
    if item.value >= DAY and (judged or _is_since(passage.world, item)):
        return True
    return item.spelled and not (contradicted and _is_of_hours(passage, item))


def _is_since(world: World, item: Quantity) -> bool:
    """ "Does Biscuit know it's been 44 days?": as long as an order or the first day with the shop is ago."""
    person, sent = world.snapshot.person, world.snapshot.send_date
    days = [order.date for order in person.orders] + ([person.signup_date] if person.signup_date else [])
    return any(abs(item.value - (sent - day).days * DAY) <= DAY for day in days)


def _is_of_hours(passage: Passage, item: Quantity) -> bool:
    """ "Thirty hours" are a battery's, whatever they come to; "two days" are a customer's."""
    units = [UNITS[token.word] for token in passage.tokens_in(item.start, item.end) if token.word in UNITS]
    return item.value < DAY or any(unit.dimension == "time" and unit.factor < DAY for unit in units)


def _is_true_count(item: Quantity, picks: Sequence[ProductView], world: World) -> bool:
    numbers = {number for pick in picks for number in pick.numbers}
    if set(item.readings) & numbers or item.value == len(world.picks) or item.value <= 1:
        return True
    left = {Decimal(pick.stock_left) for pick in picks if pick.stock_left is not None}
    return bool(set(item.readings) & left) or (item.what in _CONSUMED and item.spelled)


def _is_count_of_both(passage: Passage, item: Quantity) -> bool:
    """ "The train set and the puzzle: 542 pieces": a count of one and of the other, where the sentence names both."""
    part = passage.sentence_at(item.start)
    named = {pick.facts.id: pick for _, pick in passage.picks_named_in(part.start, part.end)}
    pairs = combinations(named.values(), 2) if item.value > SMALL else ()
    return any(first + second in item.readings for one, other in pairs
               for first, second in product(one.numbers, other.numbers))  # fmt: skip


def _is_in_shared_facts(passage: Passage, item: Quantity, world: World) -> bool:
    """Measures of the brand's facts, the gift, and of what the person owns ("another five kilos of …")."""
    person = world.snapshot.person
    owned = (*(order.product for order in person.orders), *person.cart)
    inches = {Decimal(match[1]) * UNITS["inch"].factor for title in owned for match in _INCHES.finditer(title)}
    if item.what == "length" and not inches.isdisjoint(item.readings):
        return True
    return any((item.what, reading) in world.shared_measures for reading in item.readings)


def _shares(passage: Passage, world: World) -> Iterable[Finding]:
    """Percentages of anything but prices."""
    for item in passage.quantities:
        if item.kind is not Kind.PERCENT or is_reduction(passage, item):
            continue
        picks = bound_picks(passage, world, item.start, item.end)
        known = {number for pick in picks for number in pick.numbers}
        offer = world.snapshot.offer
        if item.value in (0, 100) and not _is_share_of_material(passage, item):
            continue  # "zero percent fuss", "100 % libre de parfum": a way to say none and wholly
        said = {other.value for other in passage.quantities if other.kind is Kind.PERCENT}
        known |= {100 - number for number in known & said}  # "60% fruit; the other 40% …"
        true = any(is_near(item, number) for number in known) or _is_same_bound(item, picks)
        if not true and not (offer and offer.kind == "percent"):
            weight = Severity.WARN if _may_be_told(passage, item, world) else None
            yield Finding((item.start, item.end), "No fact gives this percentage.", facts_of(picks), severity=weight)


def _is_share_of_material(passage: Passage, item: Quantity) -> bool:
    """ "100% merino": what a label lists."""
    return any(0 <= hit.start - item.end <= 1 for hit in passage.hits(*MATERIAL_CLAIMS))


def _numbers(passage: Passage, world: World) -> Iterable[Finding]:
    """Bare numbers in digits, too large to be ordinary language, that occur in no fact."""
    for item in passage.quantities:
        if item.kind is not Kind.PLAIN or item.spelled or _is_ordinary(passage, item):
            continue
        if abs(item.value - world.snapshot.send_date.year) <= 1:
            continue  # "makes no promises about 2026"
        if item.value.as_tuple().exponent == -2 and any(pick.facts.price in item.readings for pick in world.picks):
            continue  # a price without its sign, which is judged as one
        if item.compare is not Compare.UNDER and any(item.value in pick.numbers for pick in world.picks):
            continue  # most are: the other facts need not be looked through
        if any(_is_product_of_two(item.value, pick) for pick in world.picks):
            continue
        known = _known_numbers(world) | _saved(passage, world, item)
        if not any(is_near(item, number) and number <= item.value * GENEROUS for number in known):
            weight = None if _counts_something(passage, item) else Severity.WARN
            reason = f"No fact holds the number {passage.text[item.start : item.end]}."
            yield Finding((item.start, item.end), reason, severity=weight)


def _counts_something(passage: Passage, item: Quantity) -> bool:
    """ "80 lux", "size 60", against "y hoy son 54": a word that says of what stands right beside the number."""
    before = passage.tokens_in(max(0, item.start - 24), item.start)[-1:]
    behind = passage.tokens_in(item.end, item.end + 2)[:1]
    beside = [token for token in before if item.start - token.end == 1] + [t for t in behind if t.start - item.end == 1]
    return any(token.word.isalpha() and not is_small_word(passage, token.word) for token in beside)


def _is_product_of_two(value: Decimal, pick: ProductView) -> bool:
    """The 108 pictures of three rolls of 36."""
    counts = [number for number in pick.numbers if 1 < number <= MOST and number == int(number)]
    return any(first * second == value for first, second in combinations(counts, 2))


@kept_with
def _known_numbers(world: World) -> frozenset[Decimal]:
    prices = {pick.facts.price for pick in world.picks if pick.facts.price is not None}
    return world.numbers | prices | thresholds(world) | _next_reviews(world)


def _saved(passage: Passage, world: World, item: Quantity) -> set[Decimal]:
    """The 17 of "85 €, now 68 €: you save 17": a saving whose sentence has said the currency."""
    part = passage.sentence_at(item.start)
    saves = any(part.start <= hit.start < item.start for hit in passage.hits("money.save"))
    priced = any(other.kind is Kind.MONEY and part.start <= other.start < item.start for other in passage.quantities)
    return savings(world.picks, world) if saves and priced else set()


def _next_reviews(world: World) -> frozenset[Decimal]:
    """ "Be number 213" where 212 have written."""
    counts = (pick.facts.attributes.get("review_count") for pick in world.picks)
    return frozenset(Decimal(count) + 1 for count in counts if isinstance(count, int) and count is not True)


def _is_ordinary(passage: Passage, item: Quantity) -> bool:
    whole = item.value == int(item.value)
    glued = passage.text[item.start - 1 : item.start].isalnum() or passage.text[item.end : item.end + 1].isalnum()
    return (whole and item.value <= SMALL) or glued


def _years(passage: Passage, world: World) -> Iterable[Finding]:
    """ "since 1987": a year of its own must be in the facts, or be this year or the last."""
    sent, person = world.snapshot.send_date.year, world.snapshot.person
    for ref in passage.dates:
        if ref.year is None or ref.month is not None or ref.year in (sent - 1, sent, sent + 1):
            continue
        days = (*(order.date for order in person.orders), *((person.signup_date,) if person.signup_date else ()))
        if all(day.year != ref.year for day in days) and str(ref.year) not in world.fact_text:
            yield Finding((ref.start, ref.end), f"No fact holds the year {ref.year}.")
