"""An e-mail anew for a catalog that has changed, out of its compose record: the same ladder, without a model.

The closed world is brought up to this moment, and everything the models said then is offered again: the guard judges
each text against the new world, and what no longer holds comes from a template. A text that the judges of then never
saw is not let through now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Protocol, cast

from catalog.limits import allowed
from catalog.merchandising import NOWHERE, Placement
from catalog.model import BasketPrice, Evidence, Limits, Pick, PickKind, Taste
from catalog.view import CatalogView
from composer.bandit.deciding import Decision, again
from composer.basket_fact import BASKET, basket_facts
from composer.campaigns import CampaignVersion
from composer.closed_world import product_facts
from composer.contract import ComposeRequest, ComposeResult, PickReport
from composer.deadline import Deadline
from composer.documents import Offer
from composer.finish import Finished, Finisher
from composer.ladder import Round, climb
from composer.panel import Judged, Panel, unjudged
from composer.picking import limits_for
from composer.plan import NothingToSay, Plan, require_lead
from composer.record import ComposeRecord
from composer.replay import AMPLE_SECONDS, RecordedWriter
from composer.templates import templates_for
from composer.timing import Stopwatch
from composer.untrusted import fit_to_show
from composer.writing import Writer, WriteTask
from evals.draft import Block
from evals.snapshot import Snapshot
from prompts.library import Library
from prompts.model import Flow
from store.ids import EmailId

_MOST_TITLES = 40


class Shelf(Protocol):
    """What an e-mail that goes out asks of the catalog."""

    @property
    def view(self) -> CatalogView:
        """The present state."""
        ...

    def pick(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE
    ) -> list[Pick]:
        """See `composer.plan.Picker`."""
        ...

    def price_basket(self, placement: Placement, picked: Sequence[Pick], now: datetime) -> BasketPrice | None:
        """See `composer.plan.Picker`."""
        ...


@dataclass(frozen=True)
class Outdated:
    """A stored e-mail that no longer says how things are."""

    result: ComposeResult
    record: ComposeRecord
    version: CampaignVersion

    @property
    def flow(self) -> Flow:
        """As it was when the e-mail was written."""
        return self.record.task.flow

    @property
    def least(self) -> int:
        """Products the flow needs."""
        return max(self.flow.picks.minimum, 1)

    @property
    def request(self) -> ComposeRequest:
        """What it was composed for."""
        result = self.result
        return ComposeRequest(
            campaign=result.campaign, customer=result.customer, step=result.step, occasion=result.occasion
        )


class JudgesOfThen:
    """Say again what they said of a text, whichever round it is offered in. One they never saw is held back."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self._said = {(judged.key, judged.text): judged for round_ in rounds for judged in round_.judged}

    async def review(self, task: WriteTask, blocks: Sequence[Block], *, number: int, until: float) -> Sequence[Judged]:
        """See `composer.panel.Panel`."""
        unheard = unjudged([block for block in blocks if (block.key, block.text) not in self._said])
        heard = [self._said.get((block.key, block.text)) for block in blocks]
        return [*(judged for judged in heard if judged is not None), *unheard]


def still_offered(email: Outdated, shelf: Shelf, now: datetime) -> list[Pick]:
    """The e-mail's picks that may be shown now, within the limits of its brief, as the catalog has them now."""
    view = shelf.view
    permitted = allowed(view, limits_for(email.version, email.flow), now)
    scores = {pick.product_id: pick.score for pick in email.record.picks}
    rows = [(report, view.row_of.get(report.product_id)) for report in email.result.picks]
    found = [
        fit_to_show(_pick(report, view, row, scores), email.version.brand.locale)
        for report, row in rows
        if row is not None and permitted[row]
    ]
    return [pick for pick in found if pick is not None]


def _pick(report: PickReport, view: CatalogView, row: int, scores: Mapping[str, float]) -> Pick:
    return Pick(
        product=view.product(row),
        kind=cast(PickKind, report.kind),
        score=scores.get(report.product_id, 0.0),
        reason=report.reason,
        evidence=tuple(Evidence.model_validate(item) for item in report.evidence),
        probability=report.probability,
    )


def replanned(email: Outdated, picks: Sequence[Pick], shelf: Shelf, now: datetime) -> Plan:
    """What shall be written: the decision of then, about `picks`, in the closed world of now.

    Raises NothingToSay: `too_few_picks`, `nothing_to_lead`, `no_former_price`.
    """
    _require_enough(email, picks)
    require_lead(email.flow, picks)
    decision = _decision(email, now)
    basket = _basket(email.record.basket, picks, shelf, now)
    snapshot = _snapshot(email.record.task.snapshot, email.flow, picks, decision.offer, basket, now)
    if email.flow.picks.only_on_sale and not any(product.compare_at_price for product in snapshot.products):
        raise NothingToSay(
            f"{email.flow.name} is about reductions, and none of its products may show one any more.",
            reason="no_former_price",
        )
    pitches = tuple(f"pitch:{product.id}" for product in snapshot.products)
    return Plan(
        task=email.record.task.model_copy(
            update={"snapshot": snapshot, "by_reasons": True, "says_once": True, "subject_leads": True}
        ),
        keys=("subject", "preheader", "opening", *pitches, "closing", "cta"),
        picks=tuple(picks),
        decision=decision,
        seed=email.record.template_seed,
        merchandising=email.record.merchandising,
        basket=basket,
    )


async def rewritten(email: Outdated, plan: Plan, library: Library, finisher: Finisher) -> Finished:
    """The e-mail of this plan under the id it has, with the edits that still pass their checks.

    Raises NoSafeText where not even the templates pass.
    """
    watch = Stopwatch()
    templates = templates_for(library, plan.task, plan.seed)
    climbed = await climb(
        plan.task,
        plan.keys,
        writers=_writers(email.record.rounds),
        templates=templates,
        deadline=Deadline(AMPLE_SECONDS),
        watch=watch,
        panel=_panel(email.record.rounds),
    )
    finished = finisher.finish(
        email.request,
        email.version,
        plan,
        climbed,
        templates,
        watch,
        edits=email.record.edits,
        email_id=EmailId(email.record.email_id),
        date=email.record.created_at,
        supersedes=email.result.record,
    )
    # The model was paid for once.
    kept = {
        "usage": email.result.usage,
        "revision": email.result.revision + 1,
        "send_at": email.result.send_at,
        "experiment": email.result.experiment,
        "variant": email.result.variant,
        "impersonal": email.result.impersonal,
        "fell_back": email.result.fell_back,
    }
    return replace(finished, result=finished.result.model_copy(update=kept))


def _require_enough(email: Outdated, picks: Sequence[Pick]) -> None:
    if len(picks) < email.least:
        raise NothingToSay(
            f"Of the products in this e-mail {len(picks)} can still be shown; {email.flow.name} needs {email.least}.",
            reason="too_few_picks",
        )


def _decision(email: Outdated, now: datetime) -> Decision:
    """As it was drawn, less an offer that has ended."""
    task, logged = email.record.task, email.record.decision
    offers = {offer.id: offer for offer in email.version.campaign.brief.offers}
    offer = offers.get(logged["offer"])
    return again(
        logged,
        angle=task.angle,
        tone=task.tone,
        length=task.length,
        offer=offer if offer and _lasts(offer, now) else None,
    )


def _lasts(offer: Offer, now: datetime) -> bool:
    return offer.expires is None or now.date() <= offer.expires


def _basket(before: BasketPrice | None, picks: Sequence[Pick], shelf: Shelf, now: datetime) -> BasketPrice | None:
    if before is None:
        return None
    return shelf.price_basket(Placement(cart=before.items, free_over=before.free_over), picks, now)


def _snapshot(
    before: Snapshot,
    flow: Flow,
    picks: Sequence[Pick],
    offer: Offer | None,
    basket: BasketPrice | None,
    now: datetime,
) -> Snapshot:
    products = tuple(product_facts(pick, before.locale, now) for pick in picks)
    facts = [fact for fact in before.facts if fact.id != BASKET and (fact.expires_at is None or fact.expires_at > now)]
    if basket and offer is None:
        facts += basket_facts(basket, picks, flow, before.locale, now)
    shown = {product.name for product in products}
    # What is left out must not be taken for one of those that stay.
    dropped = [product.name for product in before.products if product.name not in shown]
    return before.model_copy(
        update={
            "send_date": now.date(),
            "products": products,
            "offer": before.offer if offer else None,
            "facts": tuple(facts),
            "other_titles": tuple(dict.fromkeys([*dropped, *before.other_titles]))[:_MOST_TITLES],
        }
    )


def _writers(rounds: Sequence[Round]) -> list[Writer]:
    return [RecordedWriter(name, list(said)) for name, said in groupby(rounds, key=lambda round_: round_.writer)]


def _panel(rounds: Sequence[Round]) -> Panel | None:
    return JudgesOfThen(rounds) if any(round_.judged for round_ in rounds) else None
