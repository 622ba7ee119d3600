"""The finished MIME message, judged once more as it will be sent."""

from __future__ import annotations

from collections.abc import Sequence

from evals.snapshot import Snapshot
from evals.verdict import Verdict


def check_message(
    snapshot: Snapshot, mime: bytes, *, own_hosts: Sequence[str] = (), postal_address: str | None = None
) -> list[Verdict]:
    """Judge the message bytes: headers, links, sizes, accessibility, and the facts in its text part."""
    return []
