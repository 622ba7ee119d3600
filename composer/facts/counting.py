"""What some days of a customer come to: a row for each episode that began then, an outcome for each e-mail sent then.

Pure: the same ledger, events and rules give the same rows, in whatever order the events came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from composer.facts.crediting import credit, touches_of
from composer.facts.episodes import LOOK_BACK, Episode, Row, Span, episodes
from composer.facts.mails import BOUNCED, CLICKED, COMPLAINED, DELIVERED, OPENED, UNSUBSCRIBED, Mail, mails_of
from composer.facts.orders import Costs, Order, orders_of
from composer.facts.people import Person, placed_since
from composer.facts.rules import LATE, AttributionRules
from memory.lines import MAX_UNITS
from memory.measures import Placed, cadence_days, lifecycle
from memory.model import Lifecycle
from memory.state import State, micros

BEFORE = timedelta(days=90)
"""What was spent for so long before an episode is its covariate."""
_HAPPENED: Mapping[str, str] = {
    DELIVERED: "delivered",
    UNSUBSCRIBED: "unsubscribed",
    COMPLAINED: "complained",
}
_WRITTEN = frozenset({"sent", "withdrawn"})
Values = dict[str, Any]


@dataclass(frozen=True)
class Book:
    """What everybody is counted by."""

    rules: AttributionRules
    currencies: Mapping[str, str]
    """Campaign -> ISO 4217 of its brand."""
    flows: Mapping[str, str]
    """Campaign -> its flow."""
    costs: Costs
    now: datetime
    since: datetime
    """The first day that may be counted: of those before retention has taken episodes away."""


@dataclass(slots=True)
class Counted:
    """Of one customer."""

    customer_id: str
    span: Span
    """Of which all is known."""
    begins: frozenset[tuple[str, datetime]]
    """(campaign, moment) of all their episodes, those of the days before too."""
    episodes: list[Values]
    """Columns of `EpisodeRow`, but for `counted_at`."""
    outcomes: list[Values] = field(default_factory=list)
    """`email_id` and the outcome columns of `DecisionRow`, but for `counted_at`."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one customer."""

    person: Person
    mails: Mapping[str, Mail]
    orders: Sequence[Order]
    latest: Mapping[str, Episode]
    """Order id -> of all episodes in whose windows it was placed the one that began last."""


def count(person: Person, book: Book) -> Counted:
    """The days of theirs that were read."""
    every = episodes(person.ledger, book.rules.window)
    sent = {row.sent: row.at for row in person.ledger if row.sent}
    mails = mails_of(person.events, sent)
    told = orders_of(person.events, book.rules.returns, book.costs)
    orders = placed_since(told, person.told, person.span.since - LOOK_BACK)
    known = _Known(person, mails, orders, _latest(orders, every))
    rows = [_episode(one, known, book) for one in every if person.span.holds(one.begins)]
    begins = frozenset((one.first.campaign, one.begins) for one in every)
    counted = Counted(person.customer_id, person.span, begins, rows)
    given = credit(orders, touches_of(mails, sent, book.rules), book.rules)
    for row in person.ledger:
        if row.email_id and row.decision in _WRITTEN and person.span.holds(row.at):
            counted.outcomes.append(_outcome(row, mails.get(row.email_id), given.get(row.email_id, ()), book))
    return counted


def _latest(orders: Iterable[Order], every: Iterable[Episode]) -> Mapping[str, Episode]:
    by_time = sorted(every, key=lambda one: (one.begins, one.first.campaign))
    return {order.order_id: one for order in orders for one in by_time if one.holds(order.placed)}


def _episode(episode: Episode, known: _Known, book: Book) -> Values:
    campaign, begins, state = episode.first.campaign, episode.begins, known.person.state
    currency = book.currencies.get(campaign, "")
    bought = [one for one in known.orders if one.stands and episode.holds(one.placed)]
    once = [one for one in bought if known.latest[one.order_id] is episode]
    return {
        "campaign_id": campaign,
        "customer_id": known.person.customer_id,
        "begins": begins,
        "day": begins.date(),
        "ends": episode.ends,
        "side": episode.side.value,
        "experiment": episode.first.experiment,
        "variant": episode.first.variant,
        "flow": episode.first.flow or book.flows.get(campaign, ""),
        "lifecycle": "prospect" if state is None else _lifecycle(state, begins),
        "email_id": episode.email_ids[0] if episode.email_ids else "",
        **_mail_counts(episode, known.mails),
        **_money(bought, currency),
        "orders_once": len(once),
        "revenue_once": _sum(one.revenue for one in once if one.is_in(currency)),
        "before": 0 if state is None else _spent_before(state, begins, currency),
        "rules": book.rules.version,
        "final": book.now >= episode.ends + book.rules.returns + LATE,
    }


def _mail_counts(episode: Episode, mails: Mapping[str, Mail]) -> Values:
    ours = [mails[email_id] for email_id in dict.fromkeys(episode.email_ids) if email_id in mails]

    def within(moments: Iterable[datetime]) -> bool:
        return any(episode.holds(at) for at in moments)

    opened = {mail.email_id for mail in ours if within(mail.by_person(OPENED))}
    return {
        "emails": len(set(episode.email_ids)),
        "opened": len(opened),
        "machine_opened": sum(within(mail.by_machine()) for mail in ours if mail.email_id not in opened),
        "clicked": sum(within(mail.by_person(CLICKED)) for mail in ours),
        **{column: sum(within(mail.happened.get(name, ())) for mail in ours) for name, column in _HAPPENED.items()},
    }


def _money(bought: Sequence[Order], currency: str) -> Values:
    ours = [one for one in bought if one.is_in(currency)]
    revenue = _sum(one.revenue for one in ours)
    # What was paid in another currency cannot be set against costs in ours.
    costs = [one.cost if one.is_in(currency) else None for one in bought]
    known = [cost for cost in costs if cost is not None]
    return {
        "buyers": int(bool(bought)),
        "orders": len(bought),
        "other_currency": len(bought) - len(ours),
        "revenue": revenue,
        "returned": _sum(one.returned for one in ours),
        "margin": revenue - _sum(known) if len(known) == len(costs) else None,
    }


def _sum(amounts: Iterable[int]) -> int:
    """As columns can hold it, and sums over everybody too."""
    return max(-MAX_UNITS, min(sum(amounts), MAX_UNITS))


def _lifecycle(state: State, at: datetime) -> Lifecycle:
    """Where they stood at a moment, out of what was known then of their orders before it."""
    end = micros(at)
    cancelled = _cancelled(state, end)
    past = [Placed(one, entry, 0) for one, entry in state["orders"].items() if entry[0] < end and one not in cancelled]
    past.sort(key=lambda one: one.entry[0], reverse=True)
    return lifecycle(past, cadence_days(past), at)


def _cancelled(state: State, before: int) -> set[str]:
    return {order_id for time, _, order_id, *_ in state["cancelled"] if time < before}


def _spent_before(state: State, at: datetime, currency: str) -> int:
    """In the `BEFORE` a moment, by what was known at the moment: what comes back later may be the campaign's doing."""
    end, start = micros(at), micros(at - BEFORE)
    cancelled = _cancelled(state, end)
    paid = {
        order_id: entry[2] or 0
        for order_id, entry in state["orders"].items()
        if start <= entry[0] < end and entry[3] in (None, currency) and order_id not in cancelled
    }
    for time, _, order_id, amount, *_ in state["refunds"]:
        if time < end and order_id in paid:
            paid[order_id] = 0 if amount is None else max(0, paid[order_id] - amount)
    return _sum(paid.values())


def _brought(given: Sequence[Order], currency: str, margin_percent: int) -> Values:
    ours = [one for one in given if one.is_in(currency)]
    return {
        "unpriced": sum(not one.priced or (one.revenue > 0 and not one.is_in(currency)) for one in given),
        "revenue": _sum(one.revenue for one in ours),
        "kept": _sum(one.kept(margin_percent) for one in ours if one.priced),
    }


def _outcome(row: Row, mail: Mail | None, given: Sequence[Order], book: Book) -> Values:
    """All that is known of the e-mail until its books are closed."""
    settled = row.at + book.rules.settled
    currency = book.currencies.get(row.campaign, "")

    def ever(moments: Iterable[datetime]) -> bool:
        return any(at < settled for at in moments)

    happened: Mapping[str, Sequence[datetime]] = {} if mail is None else mail.happened
    opened = mail is not None and ever(mail.by_person(OPENED))
    return {
        "email_id": row.email_id,
        "sent_at": _left(row, mail),
        **{column: ever(happened.get(name, ())) for name, column in _HAPPENED.items()},
        "bounced": ever(happened.get(BOUNCED, ())),
        "opened": opened,
        "machine_opened": mail is not None and not opened and ever(mail.by_machine()),
        "clicked": mail is not None and ever(mail.by_person(CLICKED)),
        "orders": len(given),
        **_brought(given, currency, book.rules.margin_percent),
        "rules": book.rules.version,
        "final": book.now >= settled,
    }


def _left(row: Row, mail: Mail | None) -> datetime | None:
    """When it was handed over, or arrived, where that is reported; None of one that was taken back."""
    if not row.sent:
        return None
    arrived = None if mail is None else mail.delivered()
    return row.at if arrived is None else max(row.at, arrived)
