"""Picks for one customer, and why: asked of the catalog as composing asks, and not sent to anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.explain import Explanation
from catalog.merchandising import NOWHERE, Placement
from catalog.merchandising_store import latest, load
from catalog.model import Limits, Pick, Taste
from composer import chance
from composer.bandit.policies import Policies
from composer.campaigns import Campaigns, get_campaign, list_brands
from composer.contract import ComposeRequest
from composer.emails import exposures, recent_emails
from composer.experiments.benches import Benches
from composer.experiments.policies import policy_in
from composer.experiments.seating import Seat, Seating
from composer.extras import without_extras
from composer.harm.standing import read_standing
from composer.lessons.taught import read_preferences
from composer.picking import Asked, ask_as_drawn, dice_for
from composer.placing import Merchandise
from composer.restocks import tells_of_restocks, with_restocks
from composer.strangers import UnknownCustomer
from composer.taste import taste_of
from composer.untrusted import fit_to_show
from memory.model import CustomerMemory
from memory.recall import recall
from prompts.library import Library
from prompts.model import FlowName
from store import clock

MAX_SHOWN = 100


class PicksRequest(BaseModel):
    """Whose picks, and for what: a campaign, a flow without a brief, or nothing in particular."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = Field(min_length=1, max_length=255)
    campaign: str = Field(default="", max_length=64)
    flow: FlowName | None = None
    step: str = Field(default="", max_length=64)
    occasion: str = Field(default="", max_length=128)
    count: int | None = Field(default=None, ge=1, le=12)
    why: bool = False
    show: int = Field(default=20, ge=0, le=MAX_SHOWN)
    """With `why`, how many candidates are told beside the picks."""


class PicksExplained(BaseModel):
    """The picks as an e-mail would show them, and the way to them."""

    customer: str
    campaign: str
    flow: str
    experiment: str = ""
    variant: str = ""
    """The arm of the experiment that they are in on this campaign; both empty for none."""
    picks: tuple[Pick, ...]
    unfit: tuple[str, ...]
    """Ids of picks whose title is no title, so that no e-mail shows them."""
    wanted: int
    """How many picks were asked for."""
    short: tuple[str, ...]
    """Where there are fewer, what kept the other products back, step by step; empty where there are enough."""
    why: Explanation | None
    """None where it was not asked for."""


class Explainer(Protocol):
    """What this needs of the catalog."""

    def explain(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE, show: int
    ) -> Explanation:
        """The picks, and the way to them."""
        ...


async def explain_picks(
    session: AsyncSession, benches: Benches, catalog: Explainer, request: PicksRequest
) -> PicksExplained:
    """Pick for a customer and tell why; for a campaign as the arm of an experiment that they are in is written.

    Raises UnknownCustomer, UnknownCampaign, InvalidInput (an unknown step).
    """
    memory = await recall(session, request.customer)
    if memory is None:
        raise UnknownCustomer(
            f"There is no customer {request.customer!r}.", fix="Send an identify event first (POST /v1/identify)."
        )
    memory, now = without_extras(memory), clock.now()
    recent = await recent_emails(session, [request.customer], now)
    shown = [(product, email.at) for email in recent.get(request.customer, ()) for product in email.products]
    seat = None
    if request.campaign:
        seat, asked = await _of_campaign(session, benches, memory, request, shown, now)
    else:
        asked = await _of_nobody(session, benches.usual.library, memory, request, shown, now)
    limits = asked.limits if request.count is None else asked.limits.model_copy(update={"count": request.count})
    why = catalog.explain(asked.taste, limits, now=now, seed=asked.seed, placement=asked.placement, show=request.show)
    fit = {pick.product.id: fit_to_show(pick, asked.placement.locale) for pick in why.picks}
    return PicksExplained(
        customer=request.customer,
        campaign=request.campaign,
        flow=seat.flow.name if seat else request.flow or "",
        experiment=seat.place.experiment if seat else "",
        variant=seat.place.variant if seat else "",
        picks=tuple(pick for pick in fit.values() if pick is not None),
        unfit=tuple(name for name, pick in fit.items() if pick is None),
        wanted=limits.count,
        short=(*why.short, *_unfit(fit)),
        why=why if request.why else None,
    )


def _unfit(fit: Mapping[str, Pick | None]) -> Iterator[str]:
    unfit = sum(pick is None for pick in fit.values())
    if unfit:
        yield f"{unfit} of {len(fit)} chosen: a title that no e-mail can show"


_Shown = Sequence[tuple[str, datetime]]


async def _of_campaign(
    session: AsyncSession, benches: Benches, memory: CustomerMemory, request: PicksRequest, shown: _Shown, now: datetime
) -> tuple[Seat, Asked]:
    email = ComposeRequest(
        campaign=request.campaign, customer=request.customer, step=request.step, occasion=request.occasion
    )
    own = await get_campaign(session, request.campaign)
    seat = (await Seating(benches, Campaigns()).seats(session, [email], own))[request.customer]
    version, flow = seat.version, seat.flow
    if tells_of_restocks(flow):
        memory = (await with_restocks(session, {request.customer: memory}, now))[request.customer]
    steering = (await Merchandise().steering(session, version, [request.customer], now))[request.customer]
    learned = await Policies().current(session, await read_preferences(session))
    alarms = await read_standing(session)
    may_learn = not alarms.over(flow=flow.name, campaign=request.campaign)
    policy = policy_in(seat.place.arm, version.campaign.brief, learned, may_learn=may_learn)
    dice = dice_for(email, version, flow, memory, policy, shown)
    return seat, ask_as_drawn(email, version, flow, memory, dice, shown=shown, steering=steering)


async def _of_nobody(
    session: AsyncSession, library: Library, memory: CustomerMemory, request: PicksRequest, shown: _Shown, now: datetime
) -> Asked:
    """Without a campaign there is no brief and no brand: the flow's wishes, and the shop's merchandising."""
    merchandising = await load(session, await latest(session))
    cap = merchandising.document.show_cap
    limits = Limits()
    if request.flow is not None:
        wanted = library.flow(request.flow).picks
        limits = Limits.model_validate(
            {"count": wanted.count, "kinds": wanted.kinds, "only_on_sale": wanted.only_on_sale}
        )
    seen = await exposures(session, [request.customer], now - timedelta(days=cap.days)) if cap else {}
    key = ("picks", request.customer)
    return Asked(
        taste=taste_of(memory, own_labels=[one.name for one in await list_brands(session)], shown=shown),
        limits=limits,
        step="",
        key=key,
        seed=chance.seed(*key),
        placement=Placement(
            merchandising=merchandising.document,
            version=merchandising.version,
            flow=request.flow or "",
            shown=tuple(seen.get(request.customer, ())),
        ),
    )
