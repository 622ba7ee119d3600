"""`history.invented`: what the reader bought, when and how often, is compared with their orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from evals.checks.history_spans import COUNTED_WORDS, spans_and_counts
from evals.checks.possession import SEASONS, owned_in, taken_for_granted
from evals.checks.promises import policy_spans
from evals.checks.told_things import told_things
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.dates import MONTHS, DateRef
from evals.text.lexicon import word_list
from evals.text.names import Mention, stem
from evals.text.phrases import Hit
from evals.text.quantities import Kind, Quantity
from evals.text.tokens import Sentence, Token
from evals.verdict import Severity
from evals.world import World

DAY = 86_400
LOYAL_FROM = 3
"""Orders after which someone may be called a loyal customer."""
_ORDINALS = {
    "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "zweite": 2, "dritte": 3, "vierte": 4, "funfte": 5, "zehnte": 10, "deuxieme": 2, "troisieme": 3, "quatrieme": 4,
    "cinquieme": 5, "dixieme": 10, "segundo": 2, "segunda": 2, "tercer": 3, "tercera": 3, "cuarto": 4, "cuarta": 4,
    "quinto": 5, "quinta": 5, "decimo": 10, "zweimal": 2, "dreimal": 3, "viermal": 4, "funfmal": 5, "sechsmal": 6,
    "zehnmal": 10,
}  # fmt: skip
_HAD = ("history.has", "history.did", "history.owned", "describe.with")
TENURE = 50
"""Days from which a span with a product is how long they have had it."""
_ABOUT_A_NAME = frozenset("questions question answers guide size sizing fit options notes shortlist choice".split())
_ARTICLES = frozenset("the those that these your der die das le la les el los las".split())

LAST_WEEK_DAYS = 14
_AGO = frozenset("ago since last vor seit her il depuis hace desde back later earlier".split())


def order_count(world: World) -> int:
    """Orders we know of."""
    person = world.snapshot.person
    return person.order_count if person.order_count is not None else len(person.orders)


@rule("history.invented", when=has(families=("history.", "describe.with"), words=COUNTED_WORDS))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Purchases, dates, counts and loyalty that the orders do not bear out."""
    orders = order_count(world)
    if orders == 0:
        yield from _without_orders(passage)
    else:
        yield from _wrong_product(passage, world)
        yield from _wrong_time(passage, world)
    if orders < LOYAL_FROM:
        for hit in _asserted(passage, "history.loyal"):
            if _is_since_joining(passage, world, hit):
                continue
            yield Finding((hit.start, hit.end), f"{orders} orders make no loyal customer.")
    yield from _wrong_count(passage, world, orders)
    yield from _not_owned(passage, world)
    yield from taken_for_granted(passage, world)
    yield from told_things(passage, world)
    spans = spans_and_counts(passage, world)
    yield from (finding for finding in spans if not passage.is_in_name(*finding.span))  # "Five Winters on Fair Isle"


def _is_since_joining(passage: Passage, world: World, hit: Hit) -> bool:
    """ "You've been with us for two days" of somebody who joined two days ago."""
    joined, part = world.snapshot.person.signup_date, passage.sentence_at(hit.start)
    days = (world.snapshot.send_date - joined).days if joined else 0
    spans = [item for item in passage.quantities if part.start <= item.start < part.end and item.what == "time"]
    return bool(days and spans) and all(abs(int(item.value) / DAY - days) <= max(1, days / 5) for item in spans)


def _asserted(passage: Passage, *families: str) -> list[Hit]:
    return [hit for hit in passage.hits(*families) if not passage.is_negated(hit.start, hit.end)]


def _without_orders(passage: Passage) -> Iterable[Finding]:
    for hit in _asserted(passage, "history.strong", "history.known"):
        yield Finding((hit.start, hit.end), "They have not ordered anything yet.", source="no orders")


def _wrong_product(passage: Passage, world: World) -> Iterable[Finding]:
    """A purchase verb beside a product, or a kind of product, that was never ordered."""
    ordered = {number for number, thing in enumerate(world.names.things) if "order" in thing.kinds}
    for hit in _asserted(passage, "history.strong"):
        sentence = passage.sentence_at(hit.start)
        # "Thank you for being with us" names no Thank You Cards.
        near = [m for m in passage.mentions if sentence.start <= m.start < sentence.end and m.first != hit.first]
        named = [m for m in near if abs(m.start - hit.end) <= 60 or abs(hit.start - m.end) <= 40]
        wrong = [m for m in named if not m.things & ordered]
        noun = _object_before(passage, hit)
        if noun is not None and not _is_ordered(passage, world, noun):
            # Most titles do not say what they are: only a kind of thing that shops sell is surely none of the orders.
            known = any(other.start <= noun.start < other.end for other in passage.hits(*world.product_types))
            weight = None if known else Severity.WARN
            reason = f"They never ordered “{noun.surface}”."
            yield Finding((noun.start, hit.end), reason, _ordered(world), severity=weight)
        elif noun is None and wrong and len(wrong) == len(named):
            yield Finding((hit.start, hit.end), "They never ordered that.", source=_ordered(world))
        elif not any(m.strength for m in named) and (kind := _unknown_kind(passage, world, hit)):
            yield Finding((hit.start, hit.end), f"They never ordered anything like “{kind}”.", source=_ordered(world))


def _object_before(passage: Passage, hit: Hit) -> Token | None:
    """The noun of "the helmet you bought": right before the purchase, with an article in front of it."""
    start, _ = passage.clause_at(hit.start, hit.end)
    before = [token for token in passage.tokens[max(0, hit.first - 4) : hit.first] if token.start >= start]
    articles = [at for at, token in enumerate(before) if token.word in _ARTICLES]
    if not articles or articles[-1] == len(before) - 1:
        return None
    noun = before[-1]
    return None if noun.word in MONTHS or noun.word in word_list("bought_things") else noun


def _is_ordered(passage: Passage, world: World, noun: Token) -> bool:
    kinds = {hit.family for hit in passage.hits(*world.product_types) if hit.start <= noun.start < hit.end}
    return stem(noun.word) in world.ordered_stems or bool(kinds & world.ordered_types)


def _unknown_kind(passage: Passage, world: World, hit: Hit) -> str | None:
    """A kind of product in the clause that none of the orders is."""
    start, end = passage.clause_at(hit.start, hit.end)
    nouns = [other for other in passage.hits(*world.product_types) if start <= other.start < end]
    if not nouns or {other.family for other in nouns} & world.ordered_types:
        return None
    return passage.text[nouns[0].start : nouns[0].end]


def _wrong_time(passage: Passage, world: World) -> Iterable[Finding]:
    """A date, a season or a span of time beside a purchase, that fits no order."""
    dates = [order.date for order in world.snapshot.person.orders]
    if not dates:
        return
    for hit in passage.hits("history.did"):
        yield from _wrong_month(passage, world, hit, dates)
    for hit in passage.hits("history.then"):
        yield from _wrong_season(passage, world, hit, dates)
    yield from _wrong_tenure(passage, world, dates)
    for hit in _asserted(passage, "history.strong"):
        sentence = passage.sentence_at(hit.start)
        yield from _wrong_period(passage, world, sentence, dates)
        for ref in passage.dates:
            vague = not any(map(str.isdigit, passage.text[ref.start : ref.end]))
            loose = ref._replace(day=None) if vague and ref.month else ref
            if ";" in passage.text[hit.end : ref.start] and _is_dated_before(passage, sentence, hit.end):
                continue  # "en diciembre pidió usted anchoas; en abril apetecen lo mismo"
            if sentence.start <= ref.start < sentence.end and not _fits(loose, dates, world):
                yield Finding((ref.start, ref.end), "No order was on that date.", source=_ordered(world))
        for token in passage.tokens_in(sentence.start, sentence.end):
            months = None if passage.is_in_name(token.start, token.end) else SEASONS.get(token.word)
            if months and not any(day.month in months for day in dates):
                yield Finding((token.start, token.end), "No order was in that season.", source=_ordered(world))
        for item in passage.quantities:
            if sentence.start <= item.start < sentence.end and _is_wrong_span(passage, item, dates, world):
                yield Finding((item.start, item.end), "No order was so long ago.", source=_ordered(world))


def _wrong_tenure(passage: Passage, world: World, dates: list[date]) -> Iterable[Finding]:
    """ "Your pen has served you four years": months or years with something of theirs fit the time since an order."""
    spans = [(world.snapshot.send_date - day).days for day in dates]
    for item in passage.quantities:
        if item.kind is not Kind.MEASURE or item.what != "time" or item.value < TENURE * DAY:
            continue
        if item.value in policy_spans(world) or any(item.value in pick.readings for pick in world.picks):
            continue
        part = passage.sentence_at(item.start)
        had = [hit for hit in passage.hits(*_HAD) if part.start <= hit.start < part.end]
        days = int(item.value) / DAY
        fits = any(abs(span - days) <= max(45, span / 4) for span in spans)
        if had and not fits and owned_in(passage, world, part.start, part.end):
            yield Finding((item.start, item.end), "They have not had it for so long.", source=_ordered(world))


def _wrong_month(passage: Passage, world: World, hit: Hit, dates: list[date]) -> Iterable[Finding]:
    """ "It came home with you in September": the month beside what they did with something of theirs."""
    part = passage.sentence_at(hit.start)
    months = [ref for ref in passage.dates if part.start <= ref.start < part.end and ref.month and not ref.year]
    for ref in months if owned_in(passage, world, part.start, part.end) else ():
        if not _fits(ref._replace(day=None), dates, world) and "until" not in passage.words:
            yield Finding((ref.start, ref.end), "No order was in that month.", source=_ordered(world))


def _wrong_season(passage: Passage, world: World, hit: Hit, dates: list[date]) -> Iterable[Finding]:
    """ "Three boxes last winter": beside something they own, one of the orders must be of that season."""
    months = [SEASONS[token.word] for token in passage.tokens[hit.first : hit.last] if token.word in SEASONS]
    sentence = passage.sentence_at(hit.start)
    fits = any(day.month in span for span in months for day in dates)
    if not fits and owned_in(passage, world, sentence.start, sentence.end):
        yield Finding((hit.start, hit.end), "No order was in that season.", source=_ordered(world))


def _wrong_period(passage: Passage, world: World, part: Sentence, dates: list[date]) -> Iterable[Finding]:
    """ "Last month" is the calendar month before, "last year" the year before, "last week" up to two weeks ago."""
    sent = world.snapshot.send_date
    true = {
        "time.last_week": any((sent - day).days <= LAST_WEEK_DAYS for day in dates),
        "time.last_month": any((sent.year - day.year) * 12 + sent.month - day.month == 1 for day in dates),
        "time.last_year": any(sent.year - day.year == 1 for day in dates),
    }
    for hit in passage.hits(*true):
        if part.start <= hit.start < part.end and not true[hit.family]:
            yield Finding((hit.start, hit.end), "No order was then.", source=_ordered(world))


def _is_dated_before(passage: Passage, part: Sentence, end: int) -> bool:
    return any(part.start <= ref.start < end for ref in passage.dates)


def _fits(ref: DateRef, dates: list[date], world: World) -> bool:
    sent = world.snapshot.send_date
    return ref.offset == 0 or bool(ref.week) or any(ref.can_mean(day, sent) for day in dates)


def _is_wrong_span(passage: Passage, item: Quantity, dates: list[date], world: World) -> bool:
    """ "Six weeks ago": within a quarter, or three days, of the time since an order."""
    if item.kind is not Kind.MEASURE or item.what != "time" or item.value < DAY:
        return False
    around = {token.word for token in passage.tokens_in(item.start - 12, item.end + 12)}
    days = int(item.value) / DAY
    spans = [(world.snapshot.send_date - day).days for day in dates]
    return bool(around & _AGO) and not any(abs(span - days) <= max(3, span / 4) for span in spans)


def _wrong_count(passage: Passage, world: World, orders: int) -> Iterable[Finding]:
    first = min((order.date for order in world.snapshot.person.orders), default=world.snapshot.person.signup_date)
    for hit in _asserted(passage, "history.count"):
        said = _number_in(passage, hit)
        if said is None:
            continue
        is_true = said in (orders, orders + 1) or (first is not None and said == first.year)
        years = [item for item in passage.quantities if hit.start <= item.start < hit.end and item.what == "time"]
        if years:
            spent = (world.snapshot.send_date - first).days if first else 0
            is_true = abs(int(years[0].value) / DAY - spent) <= max(30, spent / 5)
        if not is_true:
            yield Finding((hit.start, hit.end), f"They have ordered {orders} times.", source=_ordered(world))


def _number_in(passage: Passage, hit: Hit) -> int | None:
    words = [token.word for token in passage.tokens_in(hit.start, hit.end)]
    for word in words:
        ordinal = _ORDINALS.get(word) or _ORDINALS.get(word[:-1])
        digits = word.rstrip("abcdefghijklmnopqrstuvwxyz")
        if ordinal or digits.isdigit():
            return ordinal or int(digits)
    inside = [item for item in passage.quantities if hit.start <= item.start < hit.end]
    return int(inside[0].value) if inside and inside[0].what != "time" else (1 if inside else None)


def _not_owned(passage: Passage, world: World) -> Iterable[Finding]:
    """ "your <product>" for something neither ordered nor in the cart."""
    owners = passage.hits("history.owned")
    for mention in passage.mentions:
        kinds = {kind for number in mention.things for kind in world.names.things[number].kinds}
        beside = any(0 <= mention.start - hit.end <= 1 for hit in owners)
        theirs = beside and mention.strength >= 2 and not kinds & {"order", "cart"}
        if theirs and not _is_future(passage, mention) and not _owns_another(passage, mention):
            found = passage.text[mention.start : mention.end]
            yield Finding(
                (mention.start, mention.end), f"They neither own nor carted “{found}”.", source=_ordered(world)
            )


def _owns_another(passage: Passage, mention: Mention) -> bool:
    """ "Your Winner Loafer questions, answered": theirs is what stands behind the name."""
    behind = passage.tokens[mention.last : mention.last + 1]
    joined = bool(behind) and passage.text[mention.end : behind[0].start] == " "
    return joined and behind[0].word in _ABOUT_A_NAME


def _is_future(passage: Passage, mention: Mention) -> bool:
    words = {token.word for token in passage.tokens_in(max(0, mention.start - 30), mention.start)}
    return bool(words & {"choose", "pick", "find", "make", "get", "start", "next", "could"})


def _ordered(world: World) -> str:
    orders = [f"{order.product} on {order.date.isoformat()}" for order in world.snapshot.person.orders[:3]]
    return "ordered: " + "; ".join(orders) if orders else "no orders"
