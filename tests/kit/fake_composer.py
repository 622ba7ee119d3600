"""A composer without rooms behind it, for tests of the edge: answers as told, remembers what it was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from composer.campaigns import CampaignVersion
from composer.contract import BlockReport, ComposeRequest, ComposeResult, Path, ReplayReport, Rung
from store import clock
from store.errors import NotFound


class NoSuchEmail(NotFound):
    """The fake has composed no e-mail with this id."""

    reason = "unknown_email"


class NothingAhead:
    """No e-mail was written ahead: each is composed when it is asked for."""

    async def prepared(self, request: ComposeRequest) -> None:
        """None."""


@dataclass
class FakeComposer:
    """Same request, same e-mail. `failure` is raised, `seconds` waited, `skipped` answered when set."""

    failure: Exception | None = None
    seconds: float = 0.0
    skipped: str | None = None
    defer_until: datetime | None = None
    """Of the skip."""
    asked: list[ComposeRequest] = field(default_factory=list)
    emails: dict[str, ComposeResult] = field(default_factory=dict)

    async def compose(self, request: ComposeRequest) -> ComposeResult:
        """Record the request and answer."""
        self.asked.append(request)
        await asyncio.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        id_ = f"msg_{request.campaign}_{request.customer}"
        return self.emails.setdefault(id_, self._write(id_, request))

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> ComposeResult:
        """As `compose`, with an id that leads nowhere."""
        return self._write("msg_draft", request)

    async def get(self, email_id: str) -> ComposeResult:
        """Raises NoSuchEmail."""
        if email_id not in self.emails:
            raise NoSuchEmail(f"There is no e-mail {email_id!r}.", fix="Compose it first.")
        return self.emails[email_id]

    async def replay(self, email_id: str, *, revision: int | None = None) -> ReplayReport:
        """Always identical."""
        return ReplayReport(id=(await self.get(email_id)).id, identical=True)

    async def message(self, email_id: str) -> bytes:
        """A minimal message."""
        email = await self.get(email_id)
        return f"Subject: {email.subject}\r\n\r\n{email.text}\r\n".encode()

    def _write(self, id_: str, request: ComposeRequest) -> ComposeResult:
        base = ComposeResult(
            id=id_,
            path=Path.SKIPPED if self.skipped else Path.TEMPLATE,
            reason=self.skipped or "ok",
            defer_until=self.defer_until,
            campaign=request.campaign,
            campaign_version=1,
            customer=request.customer,
            flow="newsletter",
            created_at=clock.now(),
        )
        if self.skipped:
            return base
        subject = BlockReport(key="subject", text="Your tea", rung=Rung.TEMPLATE_BLOCK, reason="no_model")
        text = {"subject": "Your tea", "html": "<p>Your tea</p>", "text": "Your tea"}
        return base.model_copy(update={**text, "blocks": [subject]})
