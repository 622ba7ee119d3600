"""From what is known to what shall be written: picks, decision, closed world. Pure and fast; no model, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from catalog.merchandising import NOWHERE, Placement
from catalog.model import BasketPrice, Limits, Pick, Taste
from composer.bandit.arms import AtHand
from composer.bandit.deciding import Decision, decide
from composer.bandit.model import Policy
from composer.bandit.policy import Even
from composer.best_time import best_time, slots_for, window_of
from composer.campaigns import CampaignVersion
from composer.closed_world import at_hand, build_snapshot
from composer.contract import ComposeRequest
from composer.lessons.taught import NOTHING, Taught
from composer.names import clean_first_name
from composer.picking import Asked, Shown, ask_as_drawn, dice_for
from composer.placing import Steering
from composer.restocks import RESTOCK, restocked
from composer.untrusted import fit_to_show, sound_message
from composer.writing import WriteTask
from evals.snapshot import Snapshot
from memory.model import CustomerMemory
from prompts.model import Flow
from prompts.vocabulary import LEADS
from store.errors import PenfriendError

UNSTEERED = Steering()
_REMEDIES = {
    RESTOCK: "Nothing that this customer wants was seen sold out and then in stock again within a week. Keep the "
    "catalog up to date while things are sold out (`penfriend feeds`); `penfriend due back_in_stock` says who waits.",
}
"""What to do where a flow lacks what it is about."""
UNLEARNED = Even()


class NothingToSay(PenfriendError):
    """This flow has no reason to write to this customer now: a typed skip, not a fault."""

    reason = "nothing_to_say"


class Picker(Protocol):
    """What the composer needs of the catalog."""

    def pick(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE
    ) -> list[Pick]:
        """At most `limits.count` products, best first; fewer rather than wrong ones."""
        ...

    def price_basket(self, placement: Placement, picked: Sequence[Pick], now: datetime) -> BasketPrice | None:
        """The cart with the picks that bring it to free delivery; None where it can't be priced or none do."""
        ...


@dataclass(frozen=True)
class Plan:
    """One e-mail, decided but not yet written."""

    task: WriteTask
    keys: tuple[str, ...]
    picks: tuple[Pick, ...]
    decision: Decision
    seed: int
    merchandising: int = 0
    """The version of the shop's merchandising the picks were made under; 0 for none."""
    basket: BasketPrice | None = None
    """What reaches the shop's threshold for free delivery; None where it has none, or nothing does."""
    send_at: datetime | None = None
    """As `ComposeResult.send_at`."""


def make_plan(
    request: ComposeRequest,
    version: CampaignVersion,
    flow: Flow,
    memory: CustomerMemory,
    *,
    picker: Picker,
    shown: Shown,
    now: datetime,
    steering: Steering = UNSTEERED,
    taught: Taught = NOTHING,
    policy: Policy = UNLEARNED,
) -> Plan:
    """Raises NothingToSay with the reason code of the skip (`no_cart`, `too_few_picks` …)."""
    dice = dice_for(request, version, flow, memory, policy, shown)
    asked = ask_as_drawn(request, version, flow, memory, dice, shown=shown, steering=steering)
    _require(flow, memory)
    picks = _enough(flow, picker, asked, now)
    require_lead(flow, picks)
    topics = at_hand(memory, picks, version.brand, now)
    if flow.picks.only_on_sale and "sale" not in topics:
        raise NothingToSay(
            f"{flow.name} is about reductions, and none of these products may show its former price in the EU.",
            reason="no_former_price",
            fix="Import compare_at_basis: lowest_30_days where a price is the lowest of the 30 days before the sale.",
        )
    window = window_of(flow, version.brand, memory)
    have = AtHand(
        topics=frozenset(topics),
        named=clean_first_name(memory.profile.first_name) is not None,
        lead=picks[0].product.title,
        priced=picks[0].product.current_price(now) is not None,
        slots=slots_for(version.brand, window, now),
        language=version.brand.locale,
    )
    decision = decide(flow, version.campaign.brief, dice, at_hand=have, today=now.date(), before=asked.drawn)
    basket = _basket(picker, asked.placement, picks, now)
    snapshot = build_snapshot(
        brand=version.brand, flow=flow, memory=memory, picks=picks, decision=decision, now=now, basket=basket
    )
    task = _task(version, flow, asked.step, decision, snapshot, taught)
    pitches = tuple(f"pitch:{product.id}" for product in snapshot.products)
    keys = ("subject", "preheader", "opening", *pitches, "closing", "cta")
    return Plan(
        task=task,
        keys=keys,
        picks=tuple(picks),
        decision=decision,
        seed=asked.seed,
        merchandising=steering.version,
        basket=basket,
        send_at=best_time(version.brand, window, decision.slot, now),
    )


def _task(
    version: CampaignVersion, flow: Flow, step: str, decision: Decision, snapshot: Snapshot, taught: Taught
) -> WriteTask:
    return WriteTask(
        snapshot=snapshot,
        flow=flow,
        step=step,
        angle=decision.angle,
        tone=decision.tone,
        length=decision.length,
        subject=decision.subject,
        cta=decision.cta,
        voice=version.brand.voice,
        message=sound_message(version.campaign.brief.message),
        examples=taught.examples_for(flow.name, snapshot.locale, decision.tone),
    )


def _enough(flow: Flow, picker: Picker, asked: Asked, now: datetime) -> list[Pick]:
    """The picks that may be shown. Raises NothingToSay when they are fewer than the flow needs."""
    offered = picker.pick(asked.taste, asked.limits, now=now, seed=asked.seed, placement=asked.placement)
    picks = [pick for one in offered if (pick := fit_to_show(one, asked.placement.locale)) is not None]
    if len(picks) < max(flow.picks.minimum, 1):
        raise NothingToSay(
            f"Only {len(picks)} products fit this customer within the brief's limits; "
            f"{flow.name} needs {max(flow.picks.minimum, 1)}.",
            reason="too_few_picks",
            fix="Widen the brief's limits, or import more products that are in stock and have a price; "
            "`penfriend picks` for this customer and campaign says what kept the others back.",
        )
    return picks


def _basket(picker: Picker, placement: Placement, picks: Sequence[Pick], now: datetime) -> BasketPrice | None:
    """What brings the cart to free delivery, or in an e-mail that is not about it, which of the picks together."""
    if not placement.merchandising.free_shipping:
        return None
    priced = placement if placement.is_about_a_cart else replace(placement, cart=())
    return picker.price_basket(priced, picks, now)


def _require(flow: Flow, memory: CustomerMemory) -> None:
    have = {
        "purchase": bool(memory.order_count),
        "cart": bool(memory.cart),
        "view": any(history.last_viewed_at for history in memory.products),
        "wish": any(history.last_wished_at for history in memory.products),
        "search": bool(memory.searches),
        "interest": bool(memory.interests),
        "birthday": memory.profile.birthday is not None,
        "consumable": bool(memory.order_count),
        RESTOCK: bool(restocked(memory)),
    }
    for need in flow.requires:
        if not have.get(need, True):
            raise NothingToSay(
                f"The flow {flow.name} needs a customer with a {need}; there is none.",
                reason=f"no_{need}",
                fix=_REMEDIES.get(need, "Choose another flow for this customer."),
            )


def require_lead(flow: Flow, picks: Sequence[Pick]) -> None:
    """Wanted kinds come first, so a first pick of another kind means that there is none of the kind asked for.

    Raises NothingToSay then.
    """
    lead = flow.picks.lead
    if lead and picks[0].kind not in lead:
        raise NothingToSay(
            f"The flow {flow.name} is about a product that is {' or '.join(LEADS[kind] for kind in lead)}; "
            "none that can be sold now fits this customer.",
            reason="nothing_to_lead",
            fix="Nothing needs doing: ask again when there is one.",
        )
