"""What is asked of the catalog for one e-mail: made in one place, so that an explanation asks what composing asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.merchandising import Placement
from catalog.model import Limits, Taste
from composer import chance
from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest
from composer.placing import Steering, placement_for
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


def ask_for(
    request: ComposeRequest,
    version: CampaignVersion,
    flow: Flow,
    memory: CustomerMemory,
    *,
    shown: Sequence[tuple[str, datetime]],
    steering: Steering,
) -> Asked:
    """`shown`: (product id, when) of picks in this customer's recent e-mails, newest first.

    Raises InvalidInput for a step that the flow does not have.
    """
    step = step_of(flow, request.step)
    key = (version.campaign.id, str(version.version), request.customer, step, request.occasion)
    meant = version.campaign.brief.meant
    taste = taste_of(memory, own_label=version.brand.name, shown=shown)
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
    brief = version.campaign.brief
    limits = brief.limits if brief.meant is None else brief.meant.understood.limits
    changes: dict[str, object] = {"currency": version.brand.currency}
    if "count" not in limits.model_fields_set:
        changes["count"] = flow.picks.count
    if not limits.kinds:
        changes["kinds"] = flow.picks.kinds
    if flow.picks.only_on_sale:
        changes["only_on_sale"] = True
    return limits.model_copy(update=changes)


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
