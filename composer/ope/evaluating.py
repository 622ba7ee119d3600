"""A policy judged by the shop's own log of decisions: `penfriend evaluate`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.evidence import REMEMBERED
from composer.bandit.money import UsualOrders, usual_orders
from composer.bandit.months import MATURE
from composer.bandit.paging import OUTCOME, pages
from composer.bandit.policy import Even, Prior, Thompson
from composer.bandit.posterior import learn_posterior
from composer.bandit.reward import kind_of
from composer.bandit.statistics import Segment, Statistics, Told
from composer.bandit.tables import DecisionRow
from composer.lessons.taught import read_preferences
from composer.ope.gathering import LogBuilder, check, half_of
from composer.ope.judging import Scope, judge
from composer.ope.policies import EVEN, NAMED, PRIOR, Candidate, WhatIf, what_if
from composer.ope.wording import told
from memory.responses.priors import read_responses
from store.database import Database
from store.upsert import table_of

Progress = Callable[[str, int, int], None]
"""Hears what is done, how many e-mails of it are, and of how many."""
_ROW = table_of(DecisionRow).c
_KEY = (_ROW.email_id, _ROW.customer, _ROW.campaign_id, _ROW.flow, _ROW.lifecycle, _ROW.at, _ROW.choices)


class Evaluation(BaseModel):
    """What a policy would have come to, by the e-mails that others decided."""

    policy: str
    learned: bool
    """Whether it learned from this log: then each half of all customers was judged by what the other half taught."""
    since: datetime | None
    until: datetime
    """E-mails younger than this have not had their week yet."""
    emails: int
    missing: int
    """Of which nothing was reported, or which bounced: they are left out."""
    unknown_arms: list[str]
    """Named by the policy, and never allowed in any e-mail of the log: `tone: warm`."""
    scopes: list[Scope]
    """All e-mails first, then by flow."""
    sentences: list[str]


def unseen(what: str, done: int, of: int) -> None:
    """Progress for nobody."""


async def evaluate(
    database: Database, policy: str, now: datetime, *, since: datetime | None = None, progress: Progress = unseen
) -> Evaluation:
    """Judge a policy by name (`policies.NAMED`) or file by all e-mails from `since` on whose outcome is counted.

    Raises InvalidInput for an unknown policy, BadLog for a log that cannot be. Memory: about a kilobyte an e-mail.
    """
    name, file = NAMED.get(policy), None if policy in NAMED else what_if(policy)
    until = now - MATURE
    where = _where(since, until)
    async with database.session(readonly=True) as session:
        total = (await session.execute(select(func.count()).where(*where))).scalar_one()
        usual = await usual_orders(session)
    candidates = (file, file) if file else await _named(database, name, where, now, total, usual, progress)
    builder = LogBuilder(candidates, usual)
    done = 0
    async for rows in pages(database, (*_KEY, *OUTCOME, _ROW.situation), where):
        await asyncio.to_thread(_add, builder, rows)
        done += len(rows)
        progress("reading decisions", done, total)
    progress("comparing", 0, 1)
    log = builder.build()
    scopes = await asyncio.to_thread(judge, log)
    progress("comparing", 1, 1)
    found = Evaluation(
        policy=candidates[0].name,
        learned=isinstance(candidates[0], Thompson),
        since=since,
        until=until,
        emails=len(log),
        missing=builder.missing,
        unknown_arms=_unknown(candidates[0], builder.arms),
        scopes=scopes,
        sentences=[],
    )
    return found.model_copy(update={"sentences": told(name or found.policy, scopes, found.learned, found.unknown_arms)})


def _unknown(candidate: Candidate, arms: frozenset[tuple[str, str]]) -> list[str]:
    named = candidate.arms if isinstance(candidate, WhatIf) else frozenset()
    return sorted(f"{dimension}: {arm}" for dimension, arm in named - arms)


async def _named(
    database: Database,
    name: str | None,
    where: Sequence[Any],
    now: datetime,
    total: int,
    usual: UsualOrders,
    progress: Progress,
) -> tuple[Candidate, Candidate]:
    """One of ours, for each half of all customers."""
    if name == EVEN:
        return Even(), Even()
    async with database.session(readonly=True) as session:
        preferences = await read_preferences(session)
        persons = await _persons(session)
    if name == PRIOR:
        return Prior(preferences), Prior(preferences)
    halves, done = (Statistics(), Statistics()), 0
    async for rows in pages(database, (*_KEY, *OUTCOME), where):
        await asyncio.to_thread(_learn, halves, usual, rows)
        done += len(rows)
        progress("learning from either half", done, total)
    one, other = (Thompson(learn_posterior(half, now, persons), preferences=preferences) for half in halves)
    # Each half is judged by what the other one taught.
    return other, one


async def _persons(session: AsyncSession) -> Mapping[str, float]:
    """How much people differ in what is remembered of each."""
    spreads = (await read_responses(session)).spreads
    return {dimension: spread for dimension, spread in spreads.items() if dimension in REMEMBERED}


def _learn(halves: tuple[Statistics, Statistics], usual: UsualOrders, rows: Sequence[Any]) -> None:
    for row in rows:
        check(row)
        kind = kind_of(row)
        if kind is not None:
            segment, brought = Segment(row.flow, row.lifecycle), usual.brought(row.campaign_id, row)
            halves[half_of(row.customer)].add(Told(segment, row.at, kind, row.choices, brought))


def _add(builder: LogBuilder, rows: Sequence[Any]) -> None:
    for row in rows:
        builder.add(row)


def _where(since: datetime | None, until: datetime) -> tuple[Any, ...]:
    mature = (_ROW.at <= until, _ROW.sent_at <= until)
    return mature if since is None else (*mature, _ROW.at >= since)
