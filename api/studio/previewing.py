"""Drafts beside a form: an unsaved campaign composed for a few real customers, by templates at once or by the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.due import rules_for
from api.house import House
from api.studio.people import name_of
from api.studio.reasons import block_title, why_left
from composer import previews
from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest, ComposeResult, Path, Rung
from composer.finish import Finished
from composer.preview_customers import unlike
from composer.service import Composer
from composer.strangers import UnknownCustomer
from memory.model import CustomerMemory
from memory.recall import recall_many
from store.errors import PenfriendError

SHOWN = 3
TRIED = 12
"""Customers who are tried until so many could be written to."""
MODEL_MS = 90_000
"""A model on the marketer's own machine takes its time."""
_BY_MODEL = frozenset({Rung.MODEL, Rung.REPAIR, Rung.REASK, Rung.OTHER_MODEL})


@dataclass(frozen=True, slots=True)
class Seen:
    """One customer with what they would get."""

    memory: CustomerMemory
    result: ComposeResult | None
    id: str = ""
    """Of the preview that is kept; empty where nothing was composed."""
    problem: str = ""
    """Why nothing could be composed, where that is no skip."""
    asked_model: bool = False

    @property
    def name(self) -> str:
        """What a marketer knows them by, from the role of a reviewer on."""
        profile = self.memory.profile
        return " ".join(part for part in (profile.first_name, profile.last_name) if part) or self.memory.external_id

    @property
    def first_name(self) -> str:
        """What everybody else knows them by."""
        return name_of(self.memory)

    @property
    def written(self) -> bool:
        """Whether there is an e-mail to look at."""
        return self.result is not None and self.result.path is not Path.SKIPPED

    @property
    def by_model(self) -> int:
        """How many of its blocks a model wrote."""
        return sum(block.rung in _BY_MODEL for block in self.result.blocks) if self.result else 0

    @property
    def held_back(self) -> dict[str, list[str]]:
        """Why template wording stands in some blocks that the model was asked for, in words; and in which."""
        found: dict[str, list[str]] = {}
        for block in self.result.blocks if self.asked_model and self.result else ():
            blocks = found.setdefault(why_left(block.reason), []) if block.rung not in _BY_MODEL else []
            if block_title(block.key) not in blocks:
                blocks.append(block_title(block.key))
        return found


async def look(
    house: House, version: CampaignVersion, *, step: str = "", customers: Sequence[str] = (), others: int = 0
) -> list[Seen]:
    """The campaign, saved or not, as these customers would get it, in template wording; without any, as some would
    who are unlike each other: others for each number of `others`. What is shown is kept for an hour."""
    if customers:
        async with house.database.session(readonly=True) as session:
            found = await recall_many(session, customers)
        tried = [await _draft(house, version, step, found[name]) for name in customers if name in found]
        return await _kept(house, tried)
    flow = house.library.flow(version.campaign.flow)
    rules = rules_for(house.library, house.settings.due)
    async with house.database.session(readonly=True) as session:
        candidates = await unlike(session, flow, rules, f"{version.campaign.id}:{others}")
    return await _kept(house, await _first_written(house, version, step, candidates[:TRIED]))


async def write(house: House, version: CampaignVersion, customer: str, *, step: str = "") -> list[Seen]:
    """The same for one customer, by the model; nobody where there is no such customer."""
    async with house.database.session(readonly=True) as session:
        found = await recall_many(session, [customer])
    drafts = [await _draft(house, version, step, memory, by_model=True) for memory in found.values()]
    return await _kept(house, drafts)


@dataclass(frozen=True, slots=True)
class _Drafted:
    memory: CustomerMemory
    made: Finished | ComposeResult | None
    problem: str = ""
    asked_model: bool = False

    @property
    def written(self) -> bool:
        return isinstance(self.made, Finished)


async def _first_written(
    house: House, version: CampaignVersion, step: str, candidates: Iterable[CustomerMemory]
) -> list[_Drafted]:
    """Those who could be written to, as soon as there are enough; in their stead, those who could not."""
    written: list[_Drafted] = []
    skipped: list[_Drafted] = []
    for memory in candidates:
        draft = await _draft(house, version, step, memory)
        (written if draft.written else skipped).append(draft)
        if len(written) == SHOWN:
            break
    return [*written, *skipped][:SHOWN]


async def _draft(
    house: House, version: CampaignVersion, step: str, memory: CustomerMemory, *, by_model: bool = False
) -> _Drafted:
    composer = house.composer if by_model else _templates(house)
    request = ComposeRequest(
        campaign=version.campaign.id,
        customer=memory.external_id,
        step=step,
        deadline_ms=MODEL_MS if by_model else 15_000,
        preview=True,
    )
    try:
        made = await composer.draft(request, version)
    except PenfriendError as error:
        # What a form says may be more than a flow can follow: that is told where the e-mail would stand.
        return _Drafted(memory, None, f"{error.message} {error.fix or ''}".strip(), by_model)
    return _Drafted(memory, made, asked_model=by_model)


def _templates(house: House) -> Composer:
    """A composer without models: it answers in milliseconds."""
    return Composer(
        database=house.database,
        keyring=house.database.keyring,
        library=house.library,
        picker=house.catalog,
        writers=(),
    )


async def _kept(house: House, drafts: Sequence[_Drafted]) -> list[Seen]:
    async with house.database.session() as session:
        seen = [await _seen(session, one) for one in drafts]
    return [one for one in seen if one is not None]


async def _seen(session: AsyncSession, drafted: _Drafted) -> Seen | None:
    """None of somebody who was erased while it was drafted: nothing of them is kept or shown."""
    try:
        kept = await previews.keep(session, drafted.made) if drafted.made is not None else ""
    except UnknownCustomer:
        return None
    return Seen(
        memory=drafted.memory,
        result=drafted.made.result if isinstance(drafted.made, Finished) else drafted.made,
        id=kept,
        problem=drafted.problem,
        asked_model=drafted.asked_model,
    )
