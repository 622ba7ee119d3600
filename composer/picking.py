"""What is asked of the catalog for one e-mail: made in one place, so that an explanation asks what composing asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from catalog.merchandising import Placement
from catalog.model import Limits, Taste
from composer import chance
from composer.bandit.arms import EXPLORING, explorations, pick_counts
from composer.bandit.deciding import Drawn
from composer.bandit.drawing import Dice
from composer.bandit.evidence import summed
from composer.bandit.model import Policy, Situation
from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest
from composer.placing import Steering, placement_for
from composer.restocks import RESTOCK, about, restocked
from composer.taste import taste_of
from memory.model import CustomerMemory
from prompts.model import Flow
from store.errors import InvalidInput


@dataclass(frozen=True)
class Asked:
    """One question for picks."""

    taste: Taste
    limits: Limits
    step: str
    key: tuple[str, ...]
    """Names the e-mail, and with it every draw about it."""
    seed: int
    placement: Placement
    drawn: Drawn = field(default_factory=dict)
    """What was drawn to ask it: how many picks, and how far they explore."""


Shown = Sequence[tuple[str, datetime]]
"""(product id, when) of picks in one customer's recent e-mails, newest first."""


def dice_for(
    request: ComposeRequest, version: CampaignVersion, flow: Flow, memory: CustomerMemory, policy: Policy, shown: Shown
) -> Dice:
    """All draws about this e-mail. Raises InvalidInput for a step that the flow does not have."""
    step = step_of(flow, request.step)
    week_ago = memory.as_of - timedelta(days=7)
    told = memory.trials()
    situation = Situation(
        flow=flow.name,
        step=step,
        lifecycle=memory.lifecycle,
        per_week=len({at for _, at in shown if at > week_ago}),
        emails=len(told),
        own=summed(told),
    )
    return Dice(policy, situation, _key(request, version, step))


def ask_as_drawn(
    request: ComposeRequest,
    version: CampaignVersion,
    flow: Flow,
    memory: CustomerMemory,
    dice: Dice,
    *,
    shown: Shown,
    steering: Steering,
) -> Asked:
    """What composing asks: for as many picks as are drawn, exploring as far as is drawn. Raises as `ask_for`."""
    asked = ask_for(request, version, flow, memory, shown=shown, steering=steering)
    brief = version.campaign.brief
    count = dice.draw("picks", pick_counts(flow, _limits(version)))
    exploration = dice.draw("exploration", explorations(steering.document.exploration, brief))
    return replace(
        asked,
        limits=asked.limits.model_copy(update={"count": int(count.arm)}),
        placement=replace(asked.placement, exploring=EXPLORING[exploration.arm]),
        drawn={"picks": count, "exploration": exploration},
    )


def ask_for(
    request: ComposeRequest,
    version: CampaignVersion,
    flow: Flow,
    memory: CustomerMemory,
    *,
    shown: Shown,
    steering: Steering,
) -> Asked:
    """With nothing drawn: as many picks as are usual. Raises InvalidInput for a step that the flow does not have."""
    step = step_of(flow, request.step)
    key = _key(request, version, step)
    meant = version.campaign.brief.meant
    taste = taste_of(memory, own_labels=(version.brand.name,), shown=shown)
    if RESTOCK in flow.requires:
        taste = about(taste, restocked(memory))
    return Asked(
        taste=taste if meant is None else taste.model_copy(update={"theme": meant.theme}),
        limits=limits_for(version, flow),
        step=step,
        key=key,
        seed=chance.seed("compose", *key),
        placement=placement_for(version, flow, memory, steering),
    )


def limits_for(version: CampaignVersion, flow: Flow) -> Limits:
    """The brief's limits, the flow's wishes, the brand's currency. In a cart flow only the cart starts the list."""
    limits = _limits(version)
    changes: dict[str, object] = {"currency": version.brand.currency}
    if "count" not in limits.model_fields_set:
        changes["count"] = flow.picks.count
    if not limits.kinds:
        changes["kinds"] = flow.picks.kinds
    if flow.picks.only_on_sale:
        changes["only_on_sale"] = True
    return limits.model_copy(update=changes)


def _limits(version: CampaignVersion) -> Limits:
    """The brief's, with what its words mean."""
    brief = version.campaign.brief
    return brief.limits if brief.meant is None else brief.meant.understood.limits


def _key(request: ComposeRequest, version: CampaignVersion, step: str) -> tuple[str, ...]:
    return version.campaign.id, str(version.version), request.customer, step, request.occasion


def step_of(flow: Flow, wanted: str) -> str:
    """The flow's first step unless one is named. Raises InvalidInput listing the steps."""
    names = [step.name for step in flow.steps]
    if not wanted:
        return names[0]
    if wanted not in names:
        raise InvalidInput(
            f"The flow {flow.name} has no step {wanted!r}.",
            pointer="/step",
            fix=f"Known: {', '.join(names)}.",
        )
    return wanted
