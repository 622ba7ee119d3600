"""Comparisons from the edge: settled against what there is, written beside the requests, voted on, shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from api.benches import model_names
from api.house import House
from composer.campaigns import get_campaign
from composer.comparing import store, voting
from composer.comparing.model import TEMPLATES, Choice, Comparison, NewComparison, Side, Vote
from composer.comparing.store import TakenOver
from composer.comparing.writing import SIDES, Drafts, write_pairs
from composer.model_writer import ModelWriter
from composer.service import Composer
from composer.writers import open_panel, open_writers, with_prompts
from evals import judges
from prompts import folders
from prompts.library import Library
from store.errors import Conflict, InvalidInput, PenfriendError

CUT_SHORT = "Penfriend was ended while it was written."
BROKEN = "Something broke that should not have; the log says what."


class WrongSide(InvalidInput):
    """A side cannot be written."""

    reason = "wrong_side"


class PromptsChanged(Conflict):
    """The folder with changed prompts is not what it was when the comparison was made."""

    reason = "prompts_changed"


def models(house: House) -> list[str]:
    """Names of the models that may be compared: those that are set, those that settings list, and none at all."""
    return model_names(house.settings)


async def start(house: House, new: NewComparison) -> Comparison:
    """Make it, and write its pairs beside the requests.

    Raises UnknownCampaign, WrongSide, UnknownFolder, and what reading changed prompts raises.
    """
    async with house.database.session() as session:
        settled = await _settled(house, session, new)
        made = await store.create(session, settled, by=audit.actor())
        await audit.append(session, "comparison.start", made.id, after=settled.model_dump(mode="json"))
    house.background.start("comparison", write(house, made))
    return made


async def go_on(house: House, comparison_id: str) -> Comparison:
    """Write the pairs that are missing. Raises UnknownComparison, AlreadyWritten."""
    async with house.database.session() as session:
        claimed = await store.claim(session, comparison_id)
        await audit.append(session, "comparison.go_on", comparison_id)
    house.background.start("comparison", write(house, claimed))
    return claimed


async def write(house: House, claimed: Comparison) -> None:
    """To the end; whatever ends it before stands on its page. Raises what composing raises."""
    try:
        async with _composers(house, claimed) as composers:
            await write_pairs(house.database, claimed, composers)
    except TakenOver:
        raise
    # Whatever it was, cancelled or broken: it is told on the page, and goes on up.
    except (Exception, asyncio.CancelledError) as error:
        async with house.database.session() as session:
            await store.stop(session, claimed.id, claimed.moved_at, _why(error))
        raise


async def vote(session: AsyncSession, comparison_id: str, position: int, choice: Choice) -> Vote:
    """Raises UnknownComparison, NothingToPrefer, NotBlind."""
    voted = await voting.vote(session, comparison_id, position, choice, reviewer=audit.actor())
    await audit.append(session, "comparison.vote", comparison_id, why=f"pair {position + 1}", after=choice.value)
    return voted


async def undo(session: AsyncSession, comparison_id: str, position: int) -> None:
    """Raises UnknownComparison, NoVote, NotBlind."""
    await voting.undo(session, comparison_id, position, reviewer=audit.actor())
    await audit.append(session, "comparison.undo", comparison_id, why=f"pair {position + 1}")


async def show(session: AsyncSession, comparison_id: str) -> None:
    """Whoever acts now knows which side is which from here on. Raises UnknownComparison."""
    if await voting.show(session, comparison_id, reviewer=audit.actor()):
        await audit.append(session, "comparison.show", comparison_id)


async def _settled(house: House, session: AsyncSession, new: NewComparison) -> NewComparison:
    """With what was left open as it is now: a comparison is of the same two things to its end."""
    sides = {name: await _settled_side(house, session, name, getattr(new, name)) for name in SIDES}
    try:
        return NewComparison(name=new.name, pairs=new.pairs, **sides)
    except ValidationError as error:
        raise WrongSide(
            "Both sides come to the same: what you left open is what the other side names.",
            pointer="/b",
            fix="Change the campaign, its version, the model or the prompts of one side.",
        ) from error


async def _settled_side(house: House, session: AsyncSession, name: str, side: Side) -> Side:
    version = (await get_campaign(session, side.campaign, side.version)).version
    model = side.model or house.settings.model.model
    if model not in models(house):
        raise WrongSide(
            "This model is not one of those that may be compared.",
            pointer=f"/{name}/model",
            fix="Name it in the settings, under [compare] models.",
        )
    return side.model_copy(update={"version": version, "model": model, "digest": _digest(house, side)})


def _digest(house: House, side: Side) -> str:
    return folders.digest(_library(house, side)) if side.prompts else ""


def _library(house: House, side: Side) -> Library:
    if not side.prompts:
        return house.library
    return folders.load(house.settings.prompts_dir, side.prompts, house.library)


@asynccontextmanager
async def _composers(house: House, comparison: Comparison) -> AsyncIterator[dict[str, Drafts]]:
    async with AsyncExitStack() as stack:
        yield {"a": await _composer(stack, house, comparison.a), "b": await _composer(stack, house, comparison.b)}


async def _composer(stack: AsyncExitStack, house: House, side: Side) -> Drafts:
    """What writes one side; models that only it asks are closed with the stack."""
    settings, library = house.settings.model, _library(house, side)
    if _digest(house, side) != side.digest:
        raise PromptsChanged(
            f"The prompts in “{side.prompts}” were changed since this comparison began.",
            fix="Start another one: half of its e-mails would be by other prompts.",
        )
    if side.model == settings.model and not side.prompts:
        return house.composer
    if side.model == TEMPLATES:
        return _composer_of(house, library, ())
    if side.model == settings.model:
        return _composer_of(house, library, with_prompts(house.writers, settings, library))
    opened = open_writers(settings.asking(side.model), library, house.settings.home, house.throttles)
    return _composer_of(house, library, await stack.enter_async_context(opened))


def _composer_of(house: House, library: Library, writers: tuple[ModelWriter, ...]) -> Composer:
    named = (*judges.installed(), *judges.named(house.settings.judges))
    return Composer(
        database=house.database,
        keyring=house.database.keyring,
        library=library,
        picker=house.catalog,
        writers=writers,
        panel=open_panel(house.settings.model, library, named, house.throttles) if writers else None,
    )


def _why(error: BaseException) -> str:
    if isinstance(error, PenfriendError):
        return f"{error.message} {error.fix or ''}".strip()
    return CUT_SHORT if isinstance(error, asyncio.CancelledError) else BROKEN
