"""What the edge asks of the rooms whose implementations are many or slow: small interfaces, declared by their user."""

from __future__ import annotations

from typing import Protocol

from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest, ComposeResult, ReplayReport
from composer.finish import Finished
from composer.freshness import Withdrawn
from composer.stored import StoredEmail


class Composes(Protocol):
    """Writes one e-mail, finds it again, proves it."""

    async def compose(self, request: ComposeRequest) -> ComposeResult:
        """The e-mail, or a typed reason why there is none. Keeps `deadline_ms`."""
        ...

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> Finished | ComposeResult:
        """An e-mail to look at, stored nowhere; `version` need not be saved."""
        ...

    async def get(self, email_id: str) -> ComposeResult:
        """Raises NotFound."""
        ...

    async def replay(self, email_id: str, *, revision: int | None = None) -> ReplayReport:
        """The newest revision, unless another one is meant. Raises NotFound."""
        ...

    async def message(self, email_id: str) -> bytes:
        """The RFC 5322 message with CRLF line ends. Raises NotFound."""
        ...


class Prepares(Protocol):
    """Finds an e-mail that was written ahead, as it may go out now."""

    async def prepared(self, request: ComposeRequest) -> StoredEmail | Withdrawn | None:
        """None where none is written yet. Raises Unavailable."""
        ...
