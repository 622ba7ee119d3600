"""A policy judged by stored decisions: what was counted, of which days, and what is said of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from composer.bandit.tables import DecisionRow
from composer.ope.evaluating import Evaluation, evaluate
from composer.ope.log import BadLog
from store.database import Database
from tests.kit.decisions import TONES, decision
from tests.kit.events import NOW

pytestmark = pytest.mark.anyio
SENT = NOW - timedelta(days=20)
CLICKS = {"plain": 0.1, "warm": 0.45, "playful": 0.1}


def shop(emails: int = 900, seed: int = 1) -> list[DecisionRow]:
    """Drawn evenly; warm e-mails are clicked more. Each customer has three."""
    draw = Random(seed)
    rows = []
    for number in range(emails):
        tone = draw.choice(TONES)
        clicked = draw.random() < CLICKS[tone]
        rows.append(decision(number, SENT, tone, customer=f"c{number // 3}", clicked=clicked, opened=clicked))
    return rows


async def judged(database: Database, rows: list[DecisionRow], policy: str, **options: Any) -> Evaluation:
    async with database.session() as session:
        session.add_all(rows)
    return await evaluate(database, policy, NOW, **options)


async def test_what_more_warmth_would_have_come_to_is_told_without_sending_any(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "warm.yaml"
    file.write_text("name: warm for all\nodds: {tone: {warm: 1}, cta: {shout: 1}}")
    found = await judged(database, shop(), str(file))
    clicks = next(one for one in found.scopes[0].metrics if one.metric == "clicks")
    assert clicks.verdict == "better"
    assert clicks.candidate["dr"].wider.low < CLICKS["warm"] < clicks.candidate["dr"].wider.high
    assert (found.emails, found.scopes[0].customers, found.missing) == (900, 300, 0)
    assert any(sentence.startswith("More clicks: +") for sentence in found.sentences)
    assert "Too few e-mails came to revenue to compare." in found.sentences
    assert found.unknown_arms == ["cta: shout"]
    assert "Never allowed in any e-mail of the log" in found.sentences[-1]


async def test_the_policy_that_sent_them_comes_to_what_it_came_to(database: Database) -> None:
    found = await judged(database, shop(), "even")
    clicks = next(one for one in found.scopes[0].metrics if one.metric == "clicks")
    assert clicks.verdict == "cannot_tell_yet"
    assert clicks.difference["ips"].value == pytest.approx(0)
    assert found.scopes[0].reach is not None
    assert found.scopes[0].reach.effective == pytest.approx(900)


async def test_what_was_learned_is_judged_by_customers_it_was_not_learned_from(database: Database) -> None:
    heard: list[str] = []
    found = await judged(
        database, shop(), "learned", progress=lambda what, done, of: heard.append(f"{what} {done}/{of}")
    )
    assert found.policy == "thompson-1"
    assert found.learned
    clicks = next(one for one in found.scopes[0].metrics if one.metric == "clicks")
    assert clicks.verdict == "better"
    assert any("each half of your customers was judged by what the other half taught" in one for one in found.sentences)
    assert "learning from either half 900/900" in heard
    assert "reading decisions 900/900" in heard


async def test_where_there_is_nothing_to_learn_no_gain_is_claimed(database: Database) -> None:
    """Judged by the customers it learned from, chance would look like a gain."""
    rows = shop(600)
    draw = Random(5)
    for row in rows:
        row.clicked = row.opened = draw.random() < 0.2
    found = await judged(database, rows, "thompson")
    assert {one.verdict for one in found.scopes[0].metrics} <= {"cannot_tell_yet", "too_few_outcomes"}


async def test_only_what_is_counted_and_has_had_its_week_is_judged_by(database: Database) -> None:
    rows = [
        *shop(300),
        decision(1_001, NOW - timedelta(days=2)),
        decision(1_002, SENT, counted_at=None),
        decision(1_003, SENT, bounced=True),
        decision(1_004, SENT - timedelta(days=30)),
    ]
    found = await judged(database, rows, "even", since=SENT - timedelta(days=1))
    assert (found.emails, found.missing) == (300, 1)


async def test_before_anything_was_counted_it_cannot_tell(database: Database) -> None:
    found = await judged(database, [], "thompson")
    [sentence] = found.sentences[:1]
    assert sentence == (
        "Cannot tell: there is no e-mail yet that left at least a week ago and of which it was reported what came of "
        "it (delivered, opened, clicked), and a policy is judged by those."
    )


@pytest.mark.parametrize("policy", ["even", "thompson"])
async def test_a_log_that_cannot_be_is_refused_by_the_name_of_its_e_mail(database: Database, policy: str) -> None:
    bad = decision(2_000, SENT, choices={"tone": ["warm", 0, list(TONES)]})
    with pytest.raises(BadLog, match="msg_00000000000000000000002000"):
        await judged(database, [*shop(30), bad], policy)
