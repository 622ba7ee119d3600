"""What each flow waits for: its steps, how long they make sense, and how far apart e-mails of one flow are.

The steps and their delays are those of the flows (`prompts/flows/*.yaml`), handed in by the edge: memory knows no
prompts. All that is a rule is in one document with a version; another version makes every agenda anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from pydantic import Field

from memory.frozen import Frozen
from store.errors import InvalidInput, NotFound

AGENDA_VERSION = 1
"""Of the code that reads a memory by these rules: raise it when it comes to other moments."""
_DAY = timedelta(days=1)


class UnknownFlow(NotFound):
    """No flow that anybody can be due for has this name."""

    reason = "unknown_flow"


class UnknownStep(NotFound):
    """The flow has no step of this name."""

    reason = "unknown_step"


class BadFlowTimes(InvalidInput):
    """A step comes before the one before it, or after its flow is over."""

    reason = "bad_flow_times"


class Pace(Frozen):
    """How long a flow goes on, and how soon it may begin anew."""

    lasts: timedelta
    """From the moment that its steps are counted from; the last step makes sense until then."""
    rest: timedelta = timedelta(0)
    """After an e-mail of it, before one about another occasion of the same flow."""


PACES: dict[str, Pace] = {
    "welcome": Pace(lasts=14 * _DAY),
    "abandoned_cart": Pace(lasts=3 * _DAY, rest=3 * _DAY),
    "browse_abandonment": Pace(lasts=7 * _DAY, rest=7 * _DAY),
    "post_purchase": Pace(lasts=21 * _DAY, rest=3 * _DAY),
    "cross_sell": Pace(lasts=14 * _DAY, rest=14 * _DAY),
    "replenishment": Pace(lasts=20 * _DAY, rest=7 * _DAY),
    "win_back": Pace(lasts=720 * _DAY),
    "vip": Pace(lasts=30 * _DAY),
    "birthday": Pace(lasts=_DAY),
    "price_drop": Pace(lasts=7 * _DAY, rest=3 * _DAY),
    "back_in_stock": Pace(lasts=7 * _DAY, rest=_DAY),
}
"""The flows that somebody enters; a newsletter is sent when the shop wants to. Win-back also ends when they lapse."""


class FlowStep(Frozen):
    """One e-mail of a flow's sequence."""

    name: str
    after: timedelta
    """Since the moment that the flow's steps are counted from."""


class FlowTimes(Frozen):
    """When the steps of one flow are due."""

    steps: tuple[FlowStep, ...] = Field(min_length=1)
    pace: Pace

    def spacing(self, step: str) -> timedelta:
        """The least time after the step before it: half of what is planned, for the one before may have been late."""
        place = self.place(step)
        return (self.steps[place].after - self.steps[place - 1].after) / 2 if place else timedelta(0)

    def place(self, step: str) -> int:
        """Which step it is, from 0. Raises UnknownStep."""
        names = [one.name for one in self.steps]
        if step not in names:
            raise UnknownStep(f"There is no step {step!r}.", pointer="/step", fix=f"Steps are: {', '.join(names)}.")
        return names.index(step)


class Thresholds(Frozen):
    """What the shop calls a browser, a regular, and soon."""

    browse_views: int = Field(default=2, ge=1)
    """Looks at products, within a day, from which somebody has browsed."""
    vip_orders: int = Field(default=6, ge=2)
    """Orders that stand, from which somebody is a VIP."""
    vip_spent: Decimal | None = Field(default=None, gt=0)
    """Money spent, in the currency of most of their orders, from which they are one too; None: orders alone count."""
    replenish_days: int = Field(default=5, ge=0, le=60)
    """Days before something runs out."""
    timezone: str = "UTC"
    """Of customers whose own is not known: whose birthday begins when."""


class DueRules(Frozen):
    """Every rule of who is due."""

    flows: dict[str, FlowTimes]
    thresholds: Thresholds = Thresholds()

    @property
    def version(self) -> str:
        """The same for the same rules."""
        return hashlib.sha256(f"{AGENDA_VERSION}:{self.model_dump_json()}".encode()).hexdigest()[:32]

    def flow(self, name: str) -> FlowTimes:
        """Raises UnknownFlow."""
        if name not in self.flows:
            raise UnknownFlow(
                f"Nobody can be due for {name!r}.",
                pointer="/flow",
                fix=f"Flows that customers enter are: {', '.join(sorted(self.flows))}.",
            )
        return self.flows[name]


def due_rules(steps: Mapping[str, Sequence[tuple[str, str]]], thresholds: Thresholds | None = None) -> DueRules:
    """The rules over flows whose steps are (name, ISO 8601 duration); flows that nobody enters are left out.

    Raises BadFlowTimes.
    """
    flows = {}
    for name, theirs in steps.items():
        if name in PACES:
            times = FlowTimes.model_validate(
                {"steps": [{"name": step, "after": after} for step, after in theirs], "pace": PACES[name]}
            )
            flows[name] = _in_order(name, times)
    return DueRules(flows=flows, thresholds=thresholds or Thresholds())


def _in_order(flow: str, times: FlowTimes) -> FlowTimes:
    afters = [step.after for step in times.steps]
    if afters != sorted(set(afters)) or afters[0] < timedelta(0) or afters[-1] >= times.pace.lasts:
        raise BadFlowTimes(
            f"The steps of {flow} must come one after another, within {times.pace.lasts.days} days.",
            pointer=f"/{flow}/steps",
            fix="Correct `after` in the flow's file.",
        )
    return times
