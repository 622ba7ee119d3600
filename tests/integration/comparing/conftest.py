"""A shop with two versions of a campaign and as many customers as a comparison needs; sides that write as told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path as FolderPath

import pytest

from api.erasing import Eraser
from api.settings import Settings
from composer.campaigns import CampaignVersion, save_brand, save_campaign
from composer.comparing import store
from composer.comparing.model import Comparison, NewComparison, Side
from composer.comparing.writing import write_pairs
from composer.contract import BlockReport, ComposeRequest, ComposeResult, Path, Rung
from composer.documents import Brief
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.factories import NOW, make_brand, make_campaign

CUSTOMERS = 12


async def nothing(customer: str) -> None:
    """Happens."""


@dataclass
class Scribe:
    """One side: says `text` to everybody, but nothing to `silent`; `before` each e-mail something may happen."""

    text: str
    silent: frozenset[str] = frozenset()
    before: Callable[[str], Awaitable[None]] = nothing
    asked: list[str] = field(default_factory=list)

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> ComposeResult:
        """See `Drafts`."""
        assert version is not None
        await self.before(request.customer)
        self.asked.append(request.customer)
        skipped = request.customer in self.silent
        text = f"{self.text} {version.version}"
        return ComposeResult(
            id="" if skipped else "msg_draft",
            path=Path.SKIPPED if skipped else Path.TEMPLATE,
            reason="no_consent" if skipped else "ok",
            campaign=request.campaign,
            campaign_version=version.version,
            customer=request.customer,
            flow="newsletter",
            created_at=clock.now(),
            blocks=[] if skipped else [BlockReport(key="subject", text=text, rung=Rung.TEMPLATE_BLOCK, reason="ok")],
        )


@pytest.fixture
async def shop(database: Database) -> Database:
    """Customers `c-0` to `c-11`, and the campaign `autumn` in two versions."""
    at = (NOW - timedelta(days=21)).isoformat()
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(brief=Brief(message="One.")))
        await save_campaign(session, make_campaign(brief=Brief(message="Two.")))
        for number in range(CUSTOMERS):
            traits = {"email": f"c-{number}@post.example", "email_consent": True}
            event = {"type": "identify", "messageId": f"i-{number}", "userId": f"c-{number}", "timestamp": at}
            await ingest(session, [{**event, "traits": traits}])
    return database


async def begin(database: Database, pairs: int = 5) -> Comparison:
    """A comparison of both versions, without pairs."""
    new = NewComparison(
        name="Which?", a=Side(campaign="autumn", version=1), b=Side(campaign="autumn", version=2), pairs=pairs
    )
    async with database.session() as session:
        return await store.create(session, new, by="account:ada")


async def written(database: Database, pairs: int = 5, a: Scribe | None = None, b: Scribe | None = None) -> Comparison:
    """A comparison that is ready."""
    made = await begin(database, pairs)
    await write_pairs(database, made, {"a": a or Scribe("Dear"), "b": b or Scribe("Hello")})
    async with database.session(readonly=True) as session:
        return await store.get(session, made.id)


async def erase(database: Database, folder: FolderPath, customer: str) -> dict[str, int]:
    """Everything about them, as they may ask for it; rows by table."""
    return (await Eraser(Settings(home=folder), database).ask(customer, why="ticket 7")).removed
