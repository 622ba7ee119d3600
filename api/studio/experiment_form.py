"""The forms of experiments: an experiment with its arms, the shop's holdout, who joins a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api.house import House
from api.studio import compare_form
from api.studio.forms import Values
from composer.experiments.model import CONTROL, Arm, Plan
from composer.experiments.report import METRICS
from composer.tables import CampaignRow
from store import clock
from store.errors import InvalidInput

ROWS = 4
"""Arms that the form has room for; more over HTTP and on the command line."""
POLICIES = (
    ("", "As the campaign does"),
    ("learned", "By what was learned"),
    ("even", "Every choice as likely as another"),
    ("prior", "By your shop’s starting point, without what was learned"),
)
_WRONG = {
    "share": "Write a share above 0 and below 100.",
    "name": "Small letters, digits, - and _ only, and no spaces.",
    "campaigns": "Choose at least one campaign.",
    "metric": "Choose what decides.",
    "hypothesis": "This is too long, or has characters that cannot be shown.",
}
_KEEP_DAYS = 90


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen."""

    campaigns: list[tuple[str, str]]
    """Each campaign's id and name."""
    versions: list[tuple[str, list[tuple[str, str]]]]
    """Each campaign's name with its versions: `id:version` and how it is told."""
    models: list[tuple[str, str]]
    prompts: list[tuple[str, str]]
    metrics: list[tuple[str, str]]
    policies: Sequence[tuple[str, str]] = POLICIES


async def offered(house: House, session: AsyncSession) -> Offered:
    """What there is to test here."""
    known = await compare_form.offered(house, session)
    return Offered(
        campaigns=[(versions[0][0].rpartition(":")[0], name) for name, versions in known.campaigns],
        versions=known.campaigns,
        models=[("", "The model that is set"), *known.models[1:]],
        prompts=[("", "Penfriend’s own"), *((name, name) for name in house.benches.prompts)],
        metrics=[(name, words[0].upper() + words[1:]) for name, words in METRICS.items()],
    )


async def names_of(session: AsyncSession, campaigns: Sequence[str]) -> dict[str, str]:
    """What these campaigns are called."""
    query = select(col(CampaignRow.id), col(CampaignRow.name)).where(col(CampaignRow.id).in_(campaigns))
    return {id_: name or id_ for id_, name in await session.execute(query)}


def started(campaign: str) -> Values:
    """The form as it is opened: two halves."""
    held = {"arms.0.name": CONTROL, "arms.0.share": "50", "arms.1.name": "b", "arms.1.share": "50"}
    values = {name: (one,) for name, one in held.items()}
    return Values({**values, "metric": ("revenue",), "campaigns": (campaign,) if campaign else ()})


def shown(plan: Plan) -> Values:
    """A plan as the form shows it."""
    held: dict[str, tuple[str, ...]] = {
        "name": (plan.name,),
        "hypothesis": (plan.hypothesis,),
        "metric": (plan.metric,),
        "campaigns": plan.campaigns,
    }
    for row, arm in enumerate(plan.arms):
        held |= {f"arms.{row}.{name}": (text,) for name, text in _arm_shown(arm).items() if text}
    return Values(held)


def fits(plan: Plan) -> bool:
    """Can the form show all of it?"""
    return len(plan.arms) <= ROWS and all(len(arm.versions) <= 1 for arm in plan.arms)


def read(values: Values) -> Plan | dict[str, str]:
    """What the form asks for, or what is wrong with it, by field."""
    rows = [row for row in range(ROWS) if values.get(f"arms.{row}.name").strip()]
    document = {
        "name": values.get("name").strip(),
        "hypothesis": values.get("hypothesis").strip(),
        "campaigns": values.all("campaigns"),
        "metric": values.get("metric") or "revenue",
        "arms": [_arm_read(values, row) for row in rows],
    }
    try:
        return Plan.model_validate(document)
    except ValidationError as error:
        return dict(reversed([_in_words(one, rows) for one in error.errors()]))


def read_holdout(values: Values) -> tuple[float, datetime]:
    """The share, and the moment it ends. Raises InvalidInput."""
    try:
        share = float(values.get("share").strip().removesuffix("%")) / 100
    except ValueError as error:
        raise InvalidInput("This is no share.", pointer="/share", fix="Write a number: 5 is one in twenty.") from error
    try:
        day = date.fromisoformat(values.get("until").strip())
    except ValueError as error:
        raise InvalidInput("This is no day.", pointer="/until", fix="Write it as 2027-03-31.") from error
    return share, datetime.combine(day, time(), UTC)


def read_member(values: Values) -> tuple[str, str, str, float]:
    """Group, kind, id and share. Raises InvalidInput."""
    kind, _, identity = values.get("member").partition(":")
    try:
        share = float(values.get("share").strip().removesuffix("%")) / 100
    except ValueError as error:
        raise InvalidInput("This is no share.", pointer="/share", fix="Write a number: 50 is half.") from error
    return values.get("group").strip(), kind, identity, share


def usual_end() -> str:
    """A quarter of a year from now."""
    return (clock.now() + timedelta(days=_KEEP_DAYS)).date().isoformat()


def _arm_shown(arm: Arm) -> Mapping[str, str]:
    version = next((f"{campaign}:{number}" for campaign, number in arm.versions.items()), "")
    return {
        "name": arm.name,
        "share": f"{arm.share * 100:.6g}",
        "version": version,
        "model": arm.model,
        "prompts": arm.prompts,
        "policy": arm.policy,
        "nothing": "on" if arm.nothing else "",
    }


def _arm_read(values: Values, row: int) -> dict[str, object]:
    at = f"arms.{row}."
    campaign, _, version = values.get(f"{at}version").rpartition(":")
    share = values.get(f"{at}share").strip().removesuffix("%").strip()
    return {
        "name": values.get(f"{at}name").strip(),
        "share": _hundredth(share),
        "versions": {campaign: version} if campaign else {},
        **{name: values.get(f"{at}{name}") for name in ("model", "prompts", "policy")},
        "nothing": values.on(f"{at}nothing"),
    }


def _hundredth(text: str) -> object:
    try:
        return float(text) / 100
    except ValueError:
        return text


def _in_words(error: ErrorDetails, rows: Sequence[int]) -> tuple[str, str]:
    """The field it is shown at, and what is wrong with it."""
    place = [str(step) for step in error["loc"]]
    said = str(error["msg"]).removeprefix("Value error, ")
    said = f"{said[0].upper()}{said[1:]}."
    if len(place) > 1 and place[0] == "arms":
        field = place[2] if len(place) > 2 else "name"
        known = _WRONG.get(field, said)
        return f"arms.{rows[int(place[1])]}.{field}", known
    if error["type"] == "value_error":
        return (place[0] if place else "arms"), said
    if place[:1] == ["name"]:
        return "name", "Give it a name of at most 200 characters."
    if place[:1] == ["arms"]:
        return "arms", "Name at least two arms."
    return (place[0] if place else "arms"), _WRONG.get(place[0] if place else "", said)
