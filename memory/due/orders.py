"""Flows that follow orders: thanks, what goes with it, time for the same again, a regular, and one who drifts away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from memory.behaviour import Cycle
from memory.cycles import cycles
from memory.due.moments import Moment, Whom, is_private, occasion_of, series
from memory.due.rules import FlowTimes, Thresholds
from memory.measures import ACTIVE_GAPS, AT_RISK_GAPS, GAP_BOUNDS_DAYS, USUAL_GAP_DAYS, Placed, cadence_days
from store.types import to_units

VIP = "vip"
"""The occasion of becoming one: there is one."""
TOGETHER = timedelta(days=7)
"""What runs out within so many days of something else is in its e-mail."""


def post_purchase(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """After the last order that was kept; another order takes the place of the one before."""
    return _after_order("post_purchase", whom, times)


def cross_sell(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """A while after the last order that was kept."""
    return _after_order("cross_sell", whom, times)


def replenishment(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """Some days before something runs out that they buy again and again; one e-mail for what runs out together.

    What is only guessed to run out, by its category, is no occasion: the e-mail could not say why it comes.
    Whether something is still a habit is judged at their last order: that changes with orders, not with time.
    """
    if not whom.placed:
        return []
    known = cycles(whom.state, whom.placed, whom.shop.cycles, whom.placed[0].at)
    found: list[Moment] = []
    last: datetime | None = None
    for cycle in known:
        if cycle.is_guess or is_private(whom.state, cycle.product_id):
            continue
        if last is not None and cycle.runs_out_at < last + TOGETHER:
            continue
        last = cycle.runs_out_at
        found += _running_out(cycle, times, thresholds)
    return found


def win_back(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """From twice their own gap between orders, when they are at risk, until four times of it, when they have lapsed."""
    if not whom.placed:
        return []
    low, high = GAP_BOUNDS_DAYS
    gap = timedelta(days=min(max(cadence_days(whom.placed) or USUAL_GAP_DAYS, low), high))
    last = whom.placed[0]
    start, lapse = last.at + ACTIVE_GAPS * gap, last.at + AT_RISK_GAPS * gap
    return series(times, "win_back", occasion_of(last.order_id), last.at, start, over=lapse, patient=True)


def vip(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """From the order with which they became one, by number or by money. Once."""
    kept = [order for order in reversed(whom.placed) if not _returned(order)]
    reached = kept[thresholds.vip_orders - 1].at if len(kept) >= thresholds.vip_orders else None
    spent = _spent_enough(kept, thresholds)
    since = min((at for at in (reached, spent) if at is not None), default=None)
    return [] if since is None else series(times, "vip", VIP, since, since)


def _after_order(flow: str, whom: Whom, times: FlowTimes) -> list[Moment]:
    kept = next((order for order in whom.placed if not _returned(order)), None)
    if kept is None:
        return []
    return series(times, flow, occasion_of(kept.order_id), kept.at, kept.at)


def _returned(order: Placed) -> bool:
    return order.total > 0 and order.refunded >= order.total


def _running_out(cycle: Cycle, times: FlowTimes, thresholds: Thresholds) -> list[Moment]:
    lead = min(timedelta(days=thresholds.replenish_days), timedelta(days=cycle.every_days) / 4)
    return series(
        times,
        "replenishment",
        occasion_of(f"{cycle.last_at:%Y-%m-%d}-{cycle.product_id}"),
        cycle.last_at,
        cycle.runs_out_at - lead,
        over=cycle.runs_out_at + timedelta(days=cycle.every_days),
        product_id=cycle.product_id,
    )


def _spent_enough(kept: Sequence[Placed], thresholds: Thresholds) -> datetime | None:
    """When what they spent, in the currency of most orders, came to the shop's threshold. `kept`: oldest first."""
    if thresholds.vip_spent is None:
        return None
    currencies = Counter(order.currency for order in kept if order.currency is not None)
    main = min(currencies, key=lambda currency: (-currencies[currency], currency), default=None)
    total, enough = 0, to_units(thresholds.vip_spent)
    for order in kept:
        if order.currency == main:
            total += order.total - order.refunded
            if total >= enough:
                return order.at
    return None
