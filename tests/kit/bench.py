"""A bench without rooms behind it: its shop answers with the e-mails a test makes up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from composer.message import Envelope, build_message
from composer.render import Renderer
from evals.harness.bench import (
    DEFAULT_DEADLINE_MS,
    Recipient,
    Shop,
    ShopName,
    WrittenBlock,
    WrittenEmail,
)
from tests.kit.emails import make_brand, make_draft, make_products, make_rendering, make_snapshot
from tests.kit.factories import LIBRARY

RENDERER = Renderer(LIBRARY.layout())
UNSUBSCRIBE = "https://mail.fennelrow.example/u/token"
TEXTS = {
    "subject": "The Moka Pot and a towel",
    "preheader": "Three things from our shelves.",
    "opening": "We put three things aside that go together well.",
    "closing": "Have a quiet look around.",
    "cta": "Have a look",
}
PITCHES = {
    "p0": "The Moka Pot makes three small cups on the stove.",
    "p1": "Huehuetenango is a dark roast with notes of cocoa and walnut.",
    "p2": "This Linen Tea Towel comes in pale oat.",
}


def make_email(recipient: Recipient, *, first_name: str = "Anna", **changes: Any) -> WrittenEmail:
    """A whole, true e-mail with three picks; `changes` replaces block texts by key (`pitch:p0`), or fields."""
    texts = {**TEXTS, **{f"pitch:{id_}": text for id_, text in PITCHES.items()}}
    texts |= {key: changes.pop(key) for key in list(changes) if key in texts}
    products = make_products(3)
    draft = make_draft(products, **{key: text for key, text in texts.items() if ":" not in key})
    blocks = tuple(block.model_copy(update={"text": texts[block.key]}) for block in draft.blocks)
    rendered = RENDERER.render(
        make_rendering(
            products,
            draft=draft.model_copy(update={"blocks": blocks}),
            first_name=first_name,
            unsubscribe_url=UNSUBSCRIBE,
        )
    )
    brand = make_brand()
    envelope = Envelope(
        brand=brand,
        to="anna@post.example",
        email_id="msg_1",
        campaign=recipient.campaign,
        date=datetime(2026, 11, 21, 10, tzinfo=UTC),
        unsubscribe_url=UNSUBSCRIBE,
    )
    email = WrittenEmail(
        recipient=recipient,
        id="msg_1",
        flow="newsletter",
        path="model",
        **rendered.model_dump(),
        raw=build_message(rendered, envelope),
        blocks=tuple(WrittenBlock(key=block.key, text=block.text, rung="model", reason="ok") for block in blocks),
        picks=("p0", "p1", "p2"),
        decision={"angle": "plain", "offer": None},
        snapshot=make_snapshot(),
        postal_address=brand.postal_address,
        own_hosts=("mail.fennelrow.example",),
        total_ms=20.0,
        own_ms=10.0,
        calls=1,
    )
    return email.model_copy(update=changes)


Write = Callable[["FakeShop", Recipient, str], WrittenEmail]
"""(shop, recipient, occasion) to the e-mail."""


@dataclass
class FakeShop:
    """Remembers what it was told and answers with `write`."""

    write: Write
    model: str | None = None
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    saved: dict[str, dict[str, Any]] = field(default_factory=dict)
    whispered: str = ""

    @property
    def now(self) -> datetime:
        """A Saturday in November."""
        return datetime(2026, 11, 21, 10, tzinfo=UTC)

    async def campaigns(self, flows: Sequence[str]) -> dict[str, str]:
        """Named as their flows."""
        return {flow: flow for flow in flows}

    async def products(self, count: int, seed: int) -> list[str]:
        """`p0` …"""
        return [f"p{number}" for number in range(count)]

    async def recipients(self, flows: Sequence[str], per_flow: int, seed: int) -> list[Recipient]:
        """`c-0` … for each flow."""
        return [Recipient(customer=f"c-{number}", campaign=flow) for flow in flows for number in range(per_flow)]

    async def stock(self, rows: Sequence[Mapping[str, Any]], *, may_refuse: Collection[str] = ()) -> None:
        """Kept in `rows`."""
        self.rows += rows

    async def tell(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Kept in `calls`."""
        self.calls += calls

    async def campaign(
        self, id_: str, flow: str, *, brand: Mapping[str, Any] | None = None, brief: Mapping[str, Any] | None = None
    ) -> None:
        """Kept in `saved`."""
        self.saved[id_] = {"flow": flow, "brand": brand, "brief": brief}

    def whisper(self, text: str) -> None:
        """Kept in `whispered`."""
        self.whispered = text

    async def compose(
        self, recipient: Recipient, *, occasion: str = "", deadline_ms: int = DEFAULT_DEADLINE_MS
    ) -> WrittenEmail:
        """Whatever `write` makes."""
        return self.write(self, recipient, occasion).model_copy(update={"deadline_ms": deadline_ms})


@dataclass
class FakeBench:
    """Opens fake shops that all answer alike."""

    write: Write
    model: str = "scripted"
    is_own: bool = False
    shops: list[FakeShop] = field(default_factory=list)

    def shop(
        self,
        name: ShopName,
        *,
        customers: int = 0,
        model: str | None = None,
        prompts: Path | None = None,
        garbage_share: float = 0.0,
    ) -> AbstractAsyncContextManager[Shop]:
        """A new one."""
        return self._open(model)

    @asynccontextmanager
    async def _open(self, model: str | None) -> AsyncIterator[Shop]:
        self.shops.append(FakeShop(self.write, model))
        yield self.shops[-1]

    def prompts_version(self, prompts: Path | None = None) -> str:
        """Always the same."""
        return "fake"
