"""The versions of campaigns and brands: who made each and when, and what differs between two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.campaigns import CampaignVersion
from composer.documents import Brand
from composer.runs.tables import RunRow
from composer.tables import BrandVersionRow, CampaignRow, CampaignVersionRow

_GROUPS = frozenset(
    {
        "brief", "brief.limits", "brief.merchandising", "brief.merchandising.show_cap", "brand", "brand.voice",
        "brand.colors", "brand.sender", "brand.policies", "brand.quiet_hours", "brand.caps", "brand.caps.total",
        "brand.caps.campaign", "brand.caps.triggered",
    }
)  # fmt: skip
"""What is compared part by part; everything else as a whole."""
_DERIVED = frozenset({"meant"})
"""Follows from the words beside it."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the list of them."""

    version: int
    saved_at: datetime
    saved_by: str
    """An actor of the audit log; empty where that was not noted."""


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign as it is now, in the list of them."""

    id: str
    name: str
    flow: str
    brand: str
    version: int
    saved_at: datetime
    saved_by: str
    runs: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in two versions; None where it is not there at all."""

    path: str
    """`brief.limits.max_price`; of the brand, `brand.voice.description`; of an offer, `brief.offers.<id>.value`."""
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a text that was changed."""

    kind: Literal["same", "removed", "added"]
    text: str


async def history(session: AsyncSession, campaign_id: str) -> list[VersionLine]:
    """All versions of a campaign, the newest first; none for a campaign that does not exist."""
    row = CampaignVersionRow
    query = select(col(row.version), col(row.created_at), col(row.saved_by)).where(col(row.campaign_id) == campaign_id)
    found = await session.execute(query.order_by(col(row.version).desc()))
    return [VersionLine(*line) for line in found]


async def brand_history(session: AsyncSession, brand_id: str) -> list[VersionLine]:
    """As `history`, of a brand."""
    row = BrandVersionRow
    query = select(col(row.version), col(row.created_at), col(row.saved_by)).where(col(row.brand_id) == brand_id)
    found = await session.execute(query.order_by(col(row.version).desc()))
    return [VersionLine(*line) for line in found]


async def brand_version_under(session: AsyncSession, campaign_id: str, version: int) -> int:
    """The version of the brand that a campaign's version was saved under; 0 where that was not noted."""
    row = CampaignVersionRow
    query = select(col(row.brand_version)).where(col(row.campaign_id) == campaign_id, col(row.version) == version)
    return (await session.execute(query)).scalar_one_or_none() or 0


async def overview(session: AsyncSession) -> list[CampaignLine]:
    """All campaigns by name, each with who saved it last and how often it was run."""
    return [_line(*row) for row in await _current(session)]


async def speaking_for(session: AsyncSession, brand: Brand) -> list[tuple[CampaignLine, bool]]:
    """The campaigns of a brand by name, each with whether it was saved under the brand as it is now."""
    rows = [row for row in await _current(session) if row[1].document["brand"] == brand.id]
    return [(_line(*row), Brand.model_validate(row[1].brand) == brand) for row in rows]


async def _current(session: AsyncSession) -> list[tuple[CampaignRow, CampaignVersionRow, int]]:
    """Every campaign with its current version and how often it was run, by name."""
    now, row = CampaignRow, CampaignVersionRow
    count = select(col(RunRow.campaign_id), func.count().label("runs")).group_by(col(RunRow.campaign_id)).subquery()
    query = (
        select(now, row, func.coalesce(count.c.runs, 0))
        .join(row, (col(row.campaign_id) == col(now.id)) & (col(row.version) == col(now.version)))
        .outerjoin(count, count.c.campaign_id == col(now.id))
        .order_by(func.lower(col(now.name)), col(now.id))
    )
    return [(campaign, version, runs) for campaign, version, runs in await session.execute(query)]


def _line(campaign: CampaignRow, version: CampaignVersionRow, runs: int) -> CampaignLine:
    return CampaignLine(
        id=campaign.id,
        name=campaign.name,
        flow=campaign.flow,
        brand=version.document["brand"],
        version=version.version,
        saved_at=version.created_at,
        saved_by=version.saved_by,
        runs=runs,
    )


def differences(before: CampaignVersion, after: CampaignVersion) -> list[Difference]:
    """What a marketer would see changed from one version to the other, in the documents' order."""
    return list(_differences("", _as_read(before), _as_read(after)))


def brand_differences(before: Brand, after: Brand) -> list[Difference]:
    """What changed of a brand; paths begin with `brand.`."""
    one, other = _plain(before), _plain(after)
    return list(_differences("", {"brand": one}, {"brand": other}))


def brand_said(brand: Brand) -> list[Difference]:
    """All that a brand says, as `brand_differences` would against one that says nothing."""
    found = _differences("", {"brand": {}}, {"brand": _plain(brand)})
    return [one for one in found if one.path != "brand.id" and (one.after or one.after is False)]


def changed_words(before: str, after: str) -> list[Piece]:
    """Two texts laid over each other, word by word (Ratcliff & Obershelp 1988, by difflib).

    What is the same and what was removed is `before`; what is the same and what was added is `after`.
    """
    old, new = _words(before), _words(after)
    pieces: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("removed", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("added", "".join(new[c:d])))
    return pieces


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)


def _as_read(version: CampaignVersion) -> dict[str, Any]:
    """Campaign and brand as one document; offers by their ids, so that a moved one is the same one."""
    document = _plain(version.campaign)
    brief = version.campaign.brief
    if "count" not in brief.limits.model_fields_set:
        document["brief"]["limits"]["count"] = None
    document["brief"]["offers"] = {offer.id: _plain(offer) for offer in brief.offers}
    document.pop("brand")
    return {**document, "brand": _plain(version.brand)}


def _plain(document: BaseModel) -> dict[str, Any]:
    return document.model_dump(mode="json")


def _differences(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one == other or name in _DERIVED:
            continue
        below = f"{path}.{name}" if path else name
        if _is_group(below) and (one is None or isinstance(one, dict)) and (other is None or isinstance(other, dict)):
            yield from _differences(below, one or {}, other or {})
        else:
            yield Difference(below, one, other)


def _is_group(path: str) -> bool:
    return path in _GROUPS or path == "brief.offers" or _is_offer(path.split("."))


def _is_offer(steps: Sequence[str]) -> bool:
    return steps[:2] == ["brief", "offers"] and len(steps) == 3
