"""A `composer.batch.Composing` that does as it is told: be slow, cost money, skip, fail, hang; its e-mails are rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.batch import Prepared, Written
from composer.contract import BlockReport, ComposeRequest, ComposeResult, Path, Rung, Usage
from composer.finish import Finished
from composer.tables import EmailRow
from store import clock
from store.errors import PenfriendError
from store.ids import email_id_for
from store.upsert import insert_or_ignore
from tests.kit.patience import LOOK_S

Script = Callable[[str, int], "str | datetime | Exception | None"]
"""(customer, how often they were written to before) to `hang`, a skip's reason, until when they are capped, an error to
raise, or None."""


def as_usual(customer: str, before: int) -> str | datetime | Exception | None:
    """Everyone gets their e-mail."""
    return None


@dataclass
class ScriptedComposing:
    """Writes one row into `email` for everyone whose script does not say otherwise."""

    script: Script = as_usual
    seconds: float = 0.0
    """What writing takes."""
    usage: Usage = field(default_factory=Usage)
    block: Mapping[str, Any] = field(default_factory=lambda: {"rung": Rung.MODEL, "reason": "ok"})
    refused: frozenset[str] = frozenset()
    """Customers whose e-mail breaks the transaction that stores it."""
    unreadable: frozenset[str] = frozenset()
    """Customers who break the reading of the group they are in."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each customer was written to."""
    writing: int = 0
    most: int = 0
    """The most that were ever written at the same time."""
    requests: list[ComposeRequest] = field(default_factory=list)
    """As they were begun."""
    most_begun: int | None = None
    """Whoever comes after so many waits until it is more, or None."""
    versions: set[int] = field(default_factory=set)
    """Of the campaign, as they were read."""

    async def prepare(
        self,
        requests: Sequence[ComposeRequest],
        *,
        campaign_version: int,
        began: datetime,
        latest: datetime | None = None,
    ) -> list[Prepared]:
        """Nothing to read, unless it is said that somebody breaks it."""
        if any(request.customer in self.unreadable for request in requests):
            raise ValueError("not readable")
        self.versions.add(campaign_version)
        return [
            Prepared(
                request,
                email_id=email_id_for(
                    began, request.campaign, str(campaign_version), request.customer, request.occasion
                ),
            )
            for request in requests
        ]

    async def write(self, prepared: Prepared) -> Written:
        """As the script says."""
        customer = prepared.request.customer
        while self.most_begun is not None and len(self.requests) >= self.most_begun:  # noqa: ASYNC110 - a test sets it
            await asyncio.sleep(LOOK_S)
        self.requests.append(prepared.request)
        said = self.script(customer, self.asked[customer])
        self.asked[customer] += 1
        self.writing += 1
        self.most = max(self.most, self.writing)
        try:
            await asyncio.sleep(3600 if said == "hang" else self.seconds)
        finally:
            self.writing -= 1
        if isinstance(said, Exception):
            raise said
        if isinstance(said, datetime):
            capped = self._result(prepared, path=Path.SKIPPED, reason="capped", defer_until=said, id="")
            return Written(prepared, skipped=capped)
        if said is not None:
            return Written(prepared, skipped=self._result(prepared, path=Path.SKIPPED, reason=said, id=""))
        # A run looks at nothing but the result of what it hands on to be stored.
        return Written(prepared, finished=cast(Finished, SimpleNamespace(result=self._result(prepared))))

    async def store(
        self, session: AsyncSession, written: Sequence[Written], *, run_id: str = ""
    ) -> list[ComposeResult | PenfriendError]:
        """Whoever comes first holds the key."""
        return [await self._store(session, one, run_id) for one in written]

    async def _store(self, session: AsyncSession, one: Written, run_id: str) -> ComposeResult | PenfriendError:
        if one.finished is None:
            assert one.skipped is not None
            return one.skipped
        result = one.finished.result
        if result.customer in self.refused:
            raise ValueError("not storable")
        row = {
            "id": result.id,
            "campaign_id": result.campaign,
            "campaign_version": 1,
            "customer": result.customer,
            "step": "",
            "occasion": result.occasion,
            "path": result.path.value,
            "products": [],
            "result": b"{}",
            "record": "",
            "created_at": result.created_at,
            "run_id": run_id,
            "stratum": f"{result.flow} {result.path}",
        }
        await session.execute(insert_or_ignore(session, EmailRow), row)
        return result

    def _result(self, prepared: Prepared, **changes: Any) -> ComposeResult:
        request = prepared.request
        block = BlockReport(key="subject", text="Tea", **self.block)
        templated = block.rung in {Rung.TEMPLATE_BLOCK, Rung.TEMPLATE_EMAIL}
        values: dict[str, Any] = {
            "id": prepared.email_id,
            "path": Path.TEMPLATE if templated else Path.MODEL,
            "campaign": request.campaign,
            "campaign_version": 1,
            "customer": request.customer,
            "flow": "newsletter",
            "occasion": request.occasion,
            "created_at": clock.now(),
            "blocks": [block],
            "usage": self.usage,
        }
        return ComposeResult.model_validate({**values, **changes})


async def stored_emails(session: AsyncSession) -> list[tuple[str, str]]:
    """(customer, id) of every e-mail there is."""
    rows = await session.execute(select(EmailRow.customer, EmailRow.id).order_by(col(EmailRow.customer)))
    return [(customer, email_id) for customer, email_id in rows]
