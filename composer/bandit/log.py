"""The log of decisions: a row for each e-mail that is stored, in its transaction. What it came to is counted later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.deciding import Decision
from composer.bandit.tables import DecisionRow
from composer.contract import ComposeResult
from store.upsert import table_of

_DECISION = table_of(DecisionRow)
_INSERT = insert(_DECISION)
_DRAWN = ("policy", "learned", "lifecycle", "situation", "choices")


class Decided(NamedTuple):
    """One stored e-mail, how it was decided, and the arm of the experiment it is in; empty for none."""

    email: ComposeResult
    decision: Decision
    experiment: str = ""
    variant: str = ""


async def keep_decisions(session: AsyncSession, decided: Sequence[Decided]) -> None:
    """A row each, in one statement. An e-mail that is edited or made anew keeps the one it has."""
    rows = [row for one in decided if (row := _row(one)) is not None]
    if rows:
        await session.execute(_INSERT, rows)


async def keep_instead(session: AsyncSession, one: Decided) -> None:
    """In the place of how it was decided before, so that this is learned from; not of an e-mail that has left."""
    row = _row(one)
    if row is not None:
        waiting = (_DECISION.c.email_id == one.email.id, _DECISION.c.sent_at.is_(None))
        await session.execute(update(_DECISION).where(*waiting).values({name: row[name] for name in _DRAWN}))


def _row(one: Decided) -> dict[str, Any] | None:
    email, decision = one.email, one.decision
    if decision.situation is None:
        return None
    drawn = decision.choices.items()
    return {
        "email_id": email.id,
        "customer": email.customer,
        "campaign_id": email.campaign,
        "campaign_version": email.campaign_version,
        "flow": email.flow,
        "lifecycle": decision.situation.lifecycle,
        "at": email.created_at,
        "policy": decision.policy,
        "learned": decision.learned,
        "experiment": one.experiment,
        "variant": one.variant,
        "situation": decision.situation.model_dump(mode="json"),
        "choices": {name: [choice.arm, choice.probability, list(choice.arms)] for name, choice in drawn},
    }
