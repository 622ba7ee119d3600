"""A tea shop with prepared e-mails: customers, a composer and a freshness over one shelf, and a run's rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from catalog.products import upsert
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeResult
from composer.documents import Brand
from composer.experiments.benches import Benches
from composer.finish import Finisher
from composer.freshness import Freshness, Withdrawn
from composer.links import Links
from composer.runs.tables import RecipientRow, RunRow
from composer.service import Composer
from composer.writing import Writer
from memory.ingest import ingest
from memory.recall import recall
from store import clock
from store.database import Database
from tests.kit.consents import unsubscribe
from tests.kit.factories import LIBRARY, NOW, make_brand, make_campaign, make_request
from tests.kit.shelf import TestShelf


class PreparedShop:
    """Made with `PreparedShop.open`."""

    def __init__(
        self,
        database: Database,
        shelf: TestShelf,
        writers: Sequence[Writer] = (),
        benches: Benches | None = None,
    ) -> None:
        self.database, self.shelf = database, shelf
        keyring = database.keyring
        self.freshness = Freshness(
            database=database,
            library=LIBRARY,
            shelf=shelf,
            finisher=Finisher(LIBRARY, Links(keyring)),
            benches=benches,
        )
        self.composer = Composer(
            database=database,
            keyring=keyring,
            library=LIBRARY,
            picker=shelf,
            writers=list(writers),
            benches=benches,
            anew=self.freshness.current,
        )

    @classmethod
    async def open(
        cls,
        database: Database,
        *,
        customers: int = 1,
        shelf: TestShelf | None = None,
        writers: Sequence[Writer] = (),
        brand: Brand | None = None,
    ) -> PreparedShop:
        """Customers `c-1`, `c-2` … who all bought green tea three weeks ago."""
        async with database.session() as session:
            await save_brand(session, brand or make_brand())
            await save_campaign(session, make_campaign())
            for number in range(1, customers + 1):
                await ingest(session, _events(f"c-{number}"))
        return cls(database, shelf or TestShelf(), writers)

    async def stock(self) -> None:
        """Put what is on the shelf into the database, for who reads the catalog from there."""
        async with self.database.session() as session:
            await upsert(session, self.shelf.products.values())

    async def compose(self, **changes: Any) -> ComposeResult:
        """The e-mail for `c-1`, unless another customer is named."""
        return await self.composer.compose(make_request(**changes))

    async def now(self, email: ComposeResult) -> ComposeResult:
        """As it may go out."""
        found = await self.freshness.current(email.id)
        assert isinstance(found, ComposeResult), found
        return found

    async def why_not(self, email: ComposeResult) -> str:
        """Why it may not."""
        found = await self.freshness.current(email.id)
        assert isinstance(found, Withdrawn), found
        return found.reason

    async def unsubscribe(self, customer: str) -> None:
        """The customer says no."""
        async with self.database.session() as session:
            memory = await recall(session, customer)
            assert memory
            await unsubscribe(session, memory.customer_id)

    async def run(self, emails: Sequence[ComposeResult], *, others: Sequence[str] = ()) -> str:
        """A run that composed these e-mails, and skipped or failed `others` (statuses). Its id."""
        now, run_id = clock.now(), "run_1"
        rows = [("composed", email.customer, email.id, "") for email in emails]
        rows += [(status, f"x-{number}", "", "too_few_picks") for number, status in enumerate(others)]
        async with self.database.session() as session:
            session.add(
                RunRow(
                    id=run_id, campaign_id="autumn", campaign_version=1, request={"audience": {"kind": "everyone"}},
                    status="running", recipients=len(rows), created_at=now, updated_at=now,
                )
            )  # fmt: skip
            await session.flush()
            session.add_all(
                RecipientRow(
                    run_id=run_id, position=position, chunk=0, customer=customer, status=status,
                    reason=reason, email_id=email_id, updated_at=now,
                )
                for position, (status, customer, email_id, reason) in enumerate(rows)
            )  # fmt: skip
        return run_id


def _events(customer: str) -> list[dict[str, Any]]:
    at = (NOW - timedelta(days=21)).isoformat()
    traits = {"email": f"{customer}@post.example", "first_name": "Maeve", "email_consent": True}
    line = {"product_id": "gyokuro", "name": "Gyokuro 50 g", "category": "Green tea", "price": 12.5}
    order = {"order_id": f"o-{customer}", "total": 12.5, "currency": "GBP", "products": [line]}
    said = {"userId": customer, "timestamp": at}
    return [
        {**said, "type": "identify", "messageId": f"i-{customer}", "traits": traits},
        {**said, "type": "track", "messageId": f"t-{customer}", "event": "Order Completed", "properties": order},
    ]
