"""What a suite may ask of the product: a shop of its own, people in it, and e-mails from the real composer.

Suites know these shapes and nothing behind them; the command line hands the bench in (`api/evaluation.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import Field

from evals.snapshot import Frozen, Snapshot
from evals.verdict import Verdict

SCRIPTED = "scripted"
"""Answers as a sound model would; no key, no network."""
OBEDIENT = "obedient"
"""A hijacked model: repeats whatever its prompt tells it and does what it says."""
DEFAULT_DEADLINE_MS = 15_000

ShopName = Literal["demo", "bare"]
"""`demo`: the invented shop with its customers and a campaign for each flow, or a copy of somebody's own shop (see
`Bench.is_own`). `bare`: the demo's brand and campaigns and nothing else: a suite brings products and people."""


class Recipient(Frozen):
    """Somebody to write to, and by which campaign. In the demo and the bare shop campaigns are named as their flows."""

    customer: str
    """The shop's own customer id."""
    campaign: str


class WrittenBlock(Frozen):
    """One block as it went out."""

    key: str
    text: str
    rung: str
    """Who wrote it: `model`, `repair`, `reask`, `other_model`, `template_block`, `template_email`."""
    reason: str
    """`ok`, or why the rungs above were left."""

    @property
    def is_templated(self) -> bool:
        """True when no model wrote it."""
        return self.rung.startswith("template_")


class WrittenEmail(Frozen):
    """One answer of the composer: an e-mail, or a typed reason why there is none."""

    recipient: Recipient
    id: str = ""
    flow: str
    path: Literal["model", "template", "skipped"]
    reason: str = "ok"
    detail: str = ""
    """For skipped ones: why, in a sentence."""
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    raw: bytes = b""
    """The RFC 5322 message as it would go to the wire; empty when skipped."""
    blocks: tuple[WrittenBlock, ...] = ()
    picks: tuple[str, ...] = ()
    """Product ids, in order."""
    decision: dict[str, Any] = Field(default_factory=dict)
    """Angle, tone, length and offer, as logged."""
    verdicts: tuple[Verdict, ...] = ()
    """Fails only: those that held drafted texts back, and warnings on what went out."""
    snapshot: Snapshot | None = None
    """The closed world it was judged by; None when skipped."""
    postal_address: str = ""
    own_hosts: tuple[str, ...] = ()
    """Hosts beside the brand's domain that its links may have."""
    deadline_ms: int = DEFAULT_DEADLINE_MS
    total_ms: float = 0.0
    """From asking to the answer, wall clock."""
    own_ms: float = 0.0
    """Of these, our own time: without waiting for the model."""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def is_skipped(self) -> bool:
        """True when there is no e-mail."""
        return self.path == "skipped"


class Shop(Protocol):
    """An open shop. What is told to it lasts as long as it is open."""

    @property
    def now(self) -> datetime:
        """The moment at which the shop stands still: the same in every run, or when a shop of one's own was copied."""
        ...

    async def campaigns(self, flows: Sequence[str]) -> Mapping[str, str]:
        """The campaign of each of these flows; flows the shop has none of are left out."""
        ...

    async def products(self, count: int, seed: int) -> Sequence[str]:
        """Ids of at most `count` products that are in stock; a pure function of the seed."""
        ...

    async def recipients(self, flows: Sequence[str], per_flow: int, seed: int) -> list[Recipient]:
        """At most `per_flow` people for each flow whom a campaign of it may write to and has something to say to.

        A pure function of the seed.
        """
        ...

    async def stock(self, rows: Sequence[Mapping[str, Any]], *, may_refuse: Collection[str] = ()) -> None:
        """Import products: one object a product, fields named as in Google Merchant feeds.

        Raises InvalidInput when a product is not taken, except those whose ids stand in `may_refuse`.
        """
        ...

    async def tell(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Ingest Segment calls (`identify`, `track`), each with `messageId` and `timestamp`."""
        ...

    async def campaign(
        self,
        id_: str,
        flow: str,
        *,
        brand: Mapping[str, Any] | None = None,
        brief: Mapping[str, Any] | None = None,
    ) -> None:
        """Save a campaign; `brand` and `brief` change fields of the shop's own. Raises InvalidInput."""
        ...

    def whisper(self, text: str) -> None:
        """Let the scripted model know `text` as if it had stood in every prompt; empty takes it back.

        Raises InvalidInput when a real model writes: nobody can whisper to it.
        """
        ...

    async def compose(
        self, recipient: Recipient, *, occasion: str = "", deadline_ms: int = DEFAULT_DEADLINE_MS
    ) -> WrittenEmail:
        """One e-mail by the real composer, stored. Another `occasion` gives another e-mail."""
        ...


class Bench(Protocol):
    """Opens shops. Each opening is a shop of its own: what one suite does in it, no other sees."""

    @property
    def model(self) -> str:
        """The model this run was asked to try: `scripted`, `obedient`, or as LiteLLM names it."""
        ...

    @property
    def is_own(self) -> bool:
        """True when `demo` opens a copy of somebody's own shop: not every flow has a campaign or recipients there."""
        ...

    def shop(
        self,
        name: ShopName,
        *,
        customers: int = 0,
        model: str | None = None,
        prompts: Path | None = None,
        garbage_share: float = 0.0,
    ) -> AbstractAsyncContextManager[Shop]:
        """`customers` counts the demo's people; `model` None takes the run's own, `prompts` None the shipped folder.

        `garbage_share` of the scripted model's answers are unusable; a real model brings its own.
        """
        ...

    def prompts_version(self, prompts: Path | None = None) -> str:
        """Content hash of the prompts, shortened: changes with any template."""
        ...
