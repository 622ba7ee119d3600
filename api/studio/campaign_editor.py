"""What the editor of a campaign shows: the campaign it began from, what stands in the form, and what is wrong there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from api.house import House
from api.studio import campaign_form
from api.studio.forms import Refused, Values
from composer import campaigns as stored
from composer.briefs import save_understood, understood_under
from composer.campaigns import CampaignVersion
from composer.documents import Brand, Campaign
from composer.versions import Difference, brand_differences
from prompts.model import Flow
from store.errors import InvalidInput

UNSAVED = "new"
"""The id a campaign goes by until it has a name."""


@dataclass(frozen=True, slots=True)
class Editing:
    """A campaign being edited."""

    base: Campaign
    """What the form is laid over: the saved one, the one it is a copy of, or a blank one."""
    version: int
    """The newest saved one; 0 where none is."""
    flow: Flow
    brand: Brand
    """As it is now: what saving takes."""
    brand_changes: Sequence[Difference]
    """What is another in the brand than it was when the version was saved."""
    values: Values
    copy_of: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    overtaken_by: str = ""
    """Who saved another version since the form was opened."""

    @property
    def is_new(self) -> bool:
        """Not saved yet."""
        return self.version == 0

    def read(self) -> Campaign | Refused:
        """What the form says."""
        return campaign_form.read_campaign(self.values, self.base, self.flow)

    def wrong(self, errors: Mapping[str, str]) -> Editing:
        """The same form with what is wrong in it."""
        return replace(self, errors=errors)


async def open_saved(session: AsyncSession, house: House, campaign_id: str) -> Editing:
    """Raises UnknownCampaign."""
    saved = await stored.get_campaign(session, campaign_id)
    brand = await stored.get_brand(session, saved.campaign.brand)
    flow = house.library.flow(saved.campaign.flow)
    values = campaign_form.values_of(saved.campaign)
    return Editing(saved.campaign, saved.version, flow, brand, brand_differences(saved.brand, brand), values)


async def open_copy(session: AsyncSession, house: House, campaign_id: str) -> Editing:
    """A new campaign that begins as another one is. Raises UnknownCampaign."""
    source = await open_saved(session, house, campaign_id)
    base = source.base.model_copy(update={"id": UNSAVED, "name": f"Copy of {source.base.name}"[:300]})
    return replace(
        source, base=base, version=0, brand_changes=(), values=campaign_form.values_of(base), copy_of=campaign_id
    )


async def open_blank(session: AsyncSession, house: House, flow_name: str, brand_id: str) -> Editing:
    """A new campaign. Raises UnknownBrand, InvalidInput (an unknown flow)."""
    flow = _flow(house, flow_name)
    brand = await stored.get_brand(session, brand_id)
    base = campaign_form.blank(flow, brand.id)
    return Editing(base, 0, flow, brand, (), campaign_form.values_of(base))


async def open_sent(session: AsyncSession, house: House, values: Values) -> Editing:
    """The form as it was sent, laid over what it began from."""
    if values.get("id"):
        opened = await open_saved(session, house, values.get("id"))
    elif values.get("copy_of"):
        opened = await open_copy(session, house, values.get("copy_of"))
    else:
        opened = await open_blank(session, house, values.get("flow"), values.get("brand"))
    # A reader's form is switched off, and sends nothing of what it shows.
    return replace(opened, values=campaign_form.renumbered(values)) if "name" in values.held else opened


async def as_drafted(house: House, editing: Editing, campaign: Campaign) -> CampaignVersion:
    """The version that saving this form would make: what is drafted from it is what would be sent."""
    version = editing.version + (not _unchanged(editing, campaign))
    return CampaignVersion(await understood_under(campaign, editing.brand, house.catalog), editing.brand, version)


async def save(
    session: AsyncSession, house: House, editing: Editing, campaign: Campaign, saved_by: str
) -> CampaignVersion | Refused:
    """A new version, or what is wrong with it where only saving finds out."""
    if editing.is_new:
        taken = {line[0] for line in await stored.list_campaigns(session, limit=10_000)}
        campaign = campaign.model_copy(update={"id": campaign_form.new_id(campaign.name, taken)})
    try:
        return await save_understood(session, campaign, house.catalog, saved_by=saved_by)
    except InvalidInput as error:
        name = (error.pointer or "").strip("/").replace("/", ".")
        return Refused({name: f"{error.message} {error.fix or ''}".strip()})


def _unchanged(editing: Editing, campaign: Campaign) -> bool:
    return not editing.is_new and not editing.brand_changes and stored.same_words(editing.base, campaign)


def _flow(house: House, name: str) -> Flow:
    for flow in house.library.flows:
        if flow.name == name:
            return flow
    raise InvalidInput(f"There is no kind of e-mail called {name!r}.", fix="Choose one of the cards.")
