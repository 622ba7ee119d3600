"""What a check answers."""

from __future__ import annotations

from enum import StrEnum

from evals.snapshot import Frozen


class Status(StrEnum):
    """`NOT_JUDGED` is neither pass nor fail: the check had nothing to judge, or lacked the facts to."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_JUDGED = "not_judged"


class Severity(StrEnum):
    """What a fail does: `BLOCK` sends the block down the ladder, `REPAIR` edits and re-checks, `WARN` tells."""

    BLOCK = "block"
    REPAIR = "repair"
    WARN = "warn"


class Verdict(Frozen):
    """One rule on one block."""

    rule: str
    """E.g. `price.wrong`: the ids of the labelled cases."""
    status: Status
    severity: Severity = Severity.BLOCK
    block: str
    """The block's key, or `message` for the assembled e-mail."""
    span: tuple[int, int] | None = None
    """Half-open character range in the block's text."""
    found: str = ""
    reason: str = ""
    """A sentence a marketer understands."""
    source: str | None = None
    """The fact that contradicts or is missing ("Sencha 100 g costs £12.50")."""
    repaired: str | None = None
    """For REPAIR: the block's whole text after the deterministic edit."""
    crashed: bool = False
    """The check itself raised: counted as failed, and counted apart."""
    version: str = "1"

    @property
    def holds_back(self) -> bool:
        """True when the block may not go out as it is."""
        return self.status is Status.FAIL and self.severity is not Severity.WARN
