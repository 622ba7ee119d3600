"""The form that starts a comparison: two cards, and what it will take."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.comparing import models
from api.house import House
from api.studio.comparing import model_name, question
from api.studio.forms import Values
from api.studio.wording import day, duration, usd
from composer.comparing.expected import Pace
from composer.comparing.model import MOST_PAIRS, TEMPLATES, NewComparison, Side
from composer.tables import CampaignRow, CampaignVersionRow
from prompts import folders
from store.upsert import table_of

VERSIONS = 1_000
"""Of all campaigns together that can be chosen from, the newest first."""
START = 20
ALIKE = "Both sides are the same: change the campaign, its version, the model or the prompts of one of them."
_CAMPAIGN, _VERSION = table_of(CampaignRow).c, table_of(CampaignVersionRow).c


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen."""

    campaigns: list[tuple[str, list[tuple[str, str]]]]
    """Each campaign's name with its versions: `id:version` and how it is told."""
    models: list[tuple[str, str]]
    prompts: list[tuple[str, str]]
    """Empty where there are no changed ones."""

    def started(self, campaign: str) -> Values:
        """The form as it is opened: the newest version of a campaign against the one before, where there is one."""
        groups = [versions for _, versions in self.campaigns]
        wanted = [versions for versions in groups if versions[0][0].rpartition(":")[0] == campaign]
        several = [versions for versions in groups if len(versions) > 1]
        chosen = next(iter(wanted or several or groups), [("", "")])
        newest, other = chosen[0][0], chosen[min(1, len(chosen) - 1)][0]
        model = self.models[0][0]
        alike = newest == other
        held = {"a.what": other, "b.what": newest, "a.model": TEMPLATES if alike else model, "b.model": model}
        return Values({**{name: (one,) for name, one in held.items()}, "pairs": (str(START),)})


async def offered(house: House, session: AsyncSession) -> Offered:
    """What there is to compare here."""
    query = (
        select(_CAMPAIGN.name, _CAMPAIGN.id, _CAMPAIGN.version.label("newest"), _VERSION.version, _VERSION.created_at)
        .join_from(table_of(CampaignRow), table_of(CampaignVersionRow), _VERSION.campaign_id == _CAMPAIGN.id)
        .order_by(_VERSION.created_at.desc(), _VERSION.version.desc())
        .limit(VERSIONS)
    )
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in await session.execute(query):
        now = ", as it is now" if row.version == row.newest else ""
        told = f"{row.name or row.id}, version {row.version} of {day(row.created_at)}{now}"
        groups.setdefault((row.name or row.id, row.id), []).append((f"{row.id}:{row.version}", told))
    names = folders.names(house.settings.prompts_dir)
    return Offered(
        campaigns=[(name, versions) for (name, _), versions in sorted(groups.items())],
        models=[(name, model_name(name)) for name in models(house)],
        prompts=[("", "Penfriend’s own"), *((name, name) for name in names)] if names else [],
    )


def read(values: Values) -> NewComparison | str:
    """What the form asks for, or what is wrong with it, in words."""
    try:
        sides = {side: _side(values, side) for side in ("a", "b")}
        name = values.get("name").strip() or question(sides["a"], sides["b"])
        return NewComparison.model_validate({"name": name, **sides, "pairs": values.get("pairs").strip() or START})
    except ValidationError as error:
        field = next(iter(error.errors()[0]["loc"][-1:]), "")
        known = {
            "pairs": f"Write how many customers: a number from 1 to {MOST_PAIRS}.",
            "name": "This name is too long, or has characters that cannot be shown.",
            "campaign": "Choose a campaign for each side.",
            "": ALIKE,
        }
        return known.get(str(field), "A choice is not one of those in the list.")


def cost(new: NewComparison | str, pace: Pace | None, model: str) -> str:
    """What it will take, in words; `model` is the one that is set, whose `pace` is known."""
    if isinstance(new, str):
        return new
    told = f"{new.pairs} customers, so up to {2 * new.pairs} e-mails. None of them is sent."
    sides = [side.model or model for side in (new.a, new.b)]
    written = [side for side in sides if side != TEMPLATES]
    if not written:
        return f"{told} Templates take a few seconds and cost nothing."
    if pace is None or set(written) != {model}:
        return f"{told} What the model takes is not known here until it has written."
    # Both sides of a pair are written at the same time.
    seconds, dollars = new.pairs * pace.seconds, new.pairs * len(written) * pace.cost_usd
    price = usd(dollars) if dollars else "nothing"
    return f"{told} By the last {pace.emails} e-mails, that takes about {duration(seconds)} and costs {price}."


def _side(values: Values, side: str) -> Side:
    campaign, _, version = values.get(f"{side}.what").rpartition(":")
    said = {name: values.get(f"{side}.{name}") for name in ("model", "prompts")}
    return Side.model_validate({"campaign": campaign, "version": version or None, **said})
