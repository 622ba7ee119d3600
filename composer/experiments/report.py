"""One experiment as it is told: what it could find, who is in it, what came of it, and what speaks against that."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments import reading
from composer.experiments.fallbacks import Fallback, fallbacks
from composer.experiments.groups import groups
from composer.experiments.model import CONTROL, Arm, Experiment, Plan, Status
from composer.experiments.outcomes import ArmOutcome, outcomes
from composer.experiments.ratio import check_ratio
from composer.results.power import LARGE, Design, Spending, detectable_lift
from composer.results.spending import known_customers, read_spending

WEEKS = 4
"""That plans are made for, where nobody says otherwise."""
METRICS = {
    "revenue": "revenue per customer",
    "conversion": "the share of customers who buy",
    "click": "the share of customers who click",
}
FELL_BACK = {
    "model_gone": "its model is not named in the settings any more",
    "prompts_gone": "its folder of prompts is gone, or a file in it is broken",
    "prompts_changed": "its prompts were changed since the experiment began",
    "flow_changed": "its flow would reach other people than the campaign does, or lacks what the campaign asks for",
}
"""Why an arm is not written as it asks, in words."""
_GUARDS = {"unsubscribe": "unsubscribes", "complaint": "spam complaints"}


class ArmReport(BaseModel):
    """One arm."""

    name: str
    share: float
    does: str
    """What is different in it, in words."""
    customers: int
    outcome: ArmOutcome | None = None
    """Against control; None for control, and before it has begun."""
    sentence: str = ""
    """What may be said of it."""


class Report(BaseModel):
    """One experiment, as it stands."""

    experiment: Experiment
    metric: str
    """What decides, in words."""
    arms: list[ArmReport]
    could_find: str = ""
    """Before it begins: what it could show."""
    mismatch: bool = False
    """The arms do not have the customers that their shares say (`composer.experiments.ratio`)."""
    ratio: str = ""
    warnings: list[str] = []
    """What speaks against believing it."""


async def report(session: AsyncSession, experiment: Experiment) -> Report:
    """What is known of it now."""
    plan = experiment.plan
    began = experiment.status is not Status.DRAFT
    found = {one.arm: one for one in await outcomes(session, experiment)} if began else {}
    counts = await reading.counts(session, experiment)
    ratio = check_ratio(plan, counts) if began else None
    return Report(
        experiment=experiment,
        metric=METRICS[plan.metric],
        arms=[
            ArmReport(
                name=arm.name,
                share=arm.share,
                does=does(arm),
                customers=counts.get(arm.name, 0),
                outcome=found.get(arm.name),
                sentence=told(found[arm.name], plan) if arm.name in found else "",
            )
            for arm in plan.arms
        ],
        could_find="" if began else await could_find(session, plan, await _part(session, experiment)),
        mismatch=bool(ratio and ratio.mismatch),
        ratio=ratio.sentence if ratio else "",
        warnings=_warnings(
            await fallbacks(session, experiment.id), await reading.changed_meanwhile(session, experiment)
        ),
    )


def does(arm: Arm) -> str:
    """What is different in an arm, in words."""
    if arm.nothing:
        return "No e-mail"
    said = [f"version {version} of {campaign}" for campaign, version in sorted(arm.versions.items())]
    if arm.model:
        said.append("templates only, no model" if arm.model == "templates" else f"written by {arm.model}")
    if arm.prompts:
        said.append(f"the prompts “{arm.prompts}”")
    draws = {
        "learned": "tone, length and the like by what was learned",
        "even": "tone, length and the like evenly, by chance",
        "prior": "tone, length and the like by the shop’s starting point, without what was learned",
    }
    if arm.policy:
        said.append(draws[arm.policy])
    text = ", ".join(said) or "the campaign as it is"
    return text[0].upper() + text[1:]


async def _part(session: AsyncSession, experiment: Experiment) -> float:
    """Of the customers, how many groups leave to it."""
    members = [group.member("experiment", experiment.id) for group in await groups(session)]
    return math.prod(member.share for member in members if member is not None)


async def could_find(session: AsyncSession, plan: Plan, part: float = 1.0) -> str:
    """The least difference in what decides that would show, for the arm that has the fewest customers; in words.

    `part`: of those whom its campaigns reach, the share who are in it.
    """
    reached = await reading.audience(session, plan.campaigns)
    people = round(part * (reached or await known_customers(session)))
    control = next(arm.share for arm in plan.arms if arm.name == CONTROL)
    least = min(arm.share for arm in plan.arms if arm.name != CONTROL)
    customers = round(people * (control + least))
    usual = await _usual(session, plan, WEEKS)
    whose = "in the last four weeks" if reached else "in the whole shop; its campaigns came to nobody so far"
    begin = f"About {people:,} customers would be in it ({whose})."
    if customers < 1 or usual is None:
        lacking = "Its campaigns have too few clicks" if plan.metric == "click" else "Your shop has too few orders"
        return f"{begin} {lacking} so far to say what it could find."
    design = Design(
        customers=customers,
        holdout=control / (control + least),
        weeks=WEEKS if plan.metric == "revenue" else 1,
        arms=len(plan.arms) - 1,
    )
    lift = detectable_lift(design, usual)
    if lift is None or lift > LARGE:
        return f"{begin} With so few no difference that e-mails can make would show within {WEEKS} weeks."
    return (
        f"{begin} Within {WEEKS} weeks you will see a difference of {math.ceil(lift * 100)} % or more in "
        f"{METRICS[plan.metric]} between control and an arm (80 % of the time). A smaller one will most likely "
        "stay unseen."
    )


async def _usual(session: AsyncSession, plan: Plan, weeks: int) -> Spending | None:
    """What decides, as customers have it now; None where too little is known. A share is that of the whole time."""
    if plan.metric == "click":
        share = await reading.clicking(session, plan.campaigns)
    else:
        spending = await read_spending(session)
        if spending is None or plan.metric == "revenue":
            return spending
        share = -math.expm1(-spending.orders * weeks)
    if not 0 < share < 1:
        return None
    return Spending(mean=share, variance=share * (1 - share), orders=-math.log1p(-share))


def told(outcome: ArmOutcome, plan: Plan) -> str:
    """What may be said of an arm against control."""
    metric, comparison = METRICS[plan.metric], outcome.comparison
    worse = " and ".join(_GUARDS[name] for name in outcome.harmed)
    harm = f" It makes more {worse} than control: that weighs against it, whatever it earns." if worse else ""
    since = outcome.kept_since
    kept = f" This is of customers reached from {since:%d %B %Y} on: what came before is kept no more." if since else ""
    match outcome.verdict:
        case "nothing_yet":
            return "Nothing has been counted yet. That is done once an hour."
        case "kept_no_more":
            return (
                "This cannot be told any more: what came of its e-mails is kept no more. To compare for longer, keep "
                "what came of campaigns for longer (retention: episodes)."
            )
        case "too_few":
            return f"Cannot tell yet: too little has happened in one of the two.{harm}{kept}"
        case "cannot_tell_yet":
            least = comparison.detectable if plan.metric == "revenue" else None
            seen = f" So far a difference of {math.ceil(least * 100)} % or more would show." if least else ""
            return f"Cannot tell yet: {metric} may be higher or lower than in control.{seen}{harm}{kept}"
        case verdict:
            more = "higher" if verdict == "more" else "lower"
            sure = "(95 % sure, on whichever day you look)"
            return f"{metric[0].upper()}{metric[1:]} is {more} than in control {sure}.{harm}{kept}"


def _warnings(fell_back: Sequence[Fallback], changed: Sequence[str]) -> list[str]:
    said = [
        f"Since {one.first_at:%d %B %Y} e-mails of {one.variant} are written as the campaign is: "
        f"{FELL_BACK.get(one.reason, one.reason)}. Stop the experiment, or put it back as it was."
        for one in fell_back
    ]
    return said + [
        f"The campaign {name} was saved anew while this ran: arms without a version of their own went on with the new "
        "one."
        for name in changed
    ]
