"""Sums over all episodes and over those of a period alone, in one pass: the same as in two."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from composer.facts.totals import Which, samples, samples_and_since
from store.database import Database
from tests.kit.reports import SENT, episode, keep

pytestmark = pytest.mark.anyio

CUSTOMERS = 40


async def test_one_pass_comes_to_what_two_would(database: Database) -> None:
    draw, since = Random(3), (SENT + timedelta(days=10)).date()
    rows = [
        episode(
            number,
            "holdout" if number % 4 == 0 else "mailed",
            draw.choice((0.0, 0.0, 12.5, 40.0)),
            campaign_id=campaign,
            begins=SENT + timedelta(days=draw.randrange(20), minutes=place),
            before=draw.randrange(900_000),
        )
        for campaign in ("autumn", "spring")
        for number in range(CUSTOMERS)
        for place in range(draw.randrange(4))
    ]
    # Whom nothing came to in the period.
    rows += [episode(900, spent=30.0), episode(901, "holdout", spent=30.0)]
    await keep(database, [*rows])
    async with database.session(readonly=True) as session:
        for of_shop in (False, True):
            both = await samples_and_since(session, Which(), since, by=("campaign_id",), of_shop=of_shop)
            ever = await samples(session, by=("campaign_id",), of_shop=of_shop)
            alone = await samples(session, Which(since=since), by=("campaign_id",), of_shop=of_shop)
            assert both.keys() == ever.keys() >= alone.keys()
            for key, (one, inside) in both.items():
                for found, expected in ((one, ever[key]), (inside, alone[key])):
                    for kind in ("revenue", "bought"):
                        assert getattr(found, kind).model_dump() == pytest.approx(getattr(expected, kind).model_dump())
