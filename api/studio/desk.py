"""What a reviewer has before them: one e-mail as an inbox shows it, who wrote which block, what the checks said of it,
and what was decided about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from api.studio.actors import names_of
from api.studio.reasons import block_title, why_left
from api.studio.wording import title
from composer.contract import BlockReport, ComposeResult, PickReport, Rung
from composer.emails import get_email
from composer.reviews.deciding import Decided, has_left
from composer.reviews.decisions import standing as standing_of
from composer.reviews.editing import Judged
from composer.reviews.model import REASONS, Decision, RejectReason
from composer.reviews.strata import UNASKED
from composer.reviews.tables import ReviewRow
from evals.rule_words import words_for
from evals.verdict import Verdict

_RUNG_KINDS = {
    Rung.MODEL: "good",
    Rung.REPAIR: "warn",
    Rung.REASK: "warn",
    Rung.OTHER_MODEL: "warn",
    Rung.REVIEWER: "accent",
}
_DECIDED = {
    Decision.APPROVED: "Approved. It may become an example for the {flow}.",
    Decision.EDITED: "Saved, and approved as it is now. Your words may become an example for the {flow}.",
    Decision.REJECTED: "Rejected: it will not leave. Your reasons become a case that the checks are tested with.",
}
_UNDONE = {
    Decision.APPROVED: "The approval is undone.",
    Decision.EDITED: "The edit is undone: the e-mail says what it said before.",
    Decision.REJECTED: "The rejection is undone: the e-mail may leave again.",
}
_LEFT = " It has left already: nothing that was sent changes."


@dataclass(frozen=True, slots=True)
class Standing:
    """The decision that stands, and who made it."""

    id: str
    decision: str
    by: str
    at: datetime
    reasons: Sequence[str]
    """In words."""
    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """One block of the e-mail."""

    number: int
    key: str
    name: str
    text: str
    rung: str
    kind: str
    """Of its badge."""
    why: str
    """Why it is not what the model wrote first; empty where it is."""
    lines: int
    """Rows that its text takes in a form."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in words."""

    where: str
    rule: str
    reason: str
    source: str
    mended: str = ""
    """The whole text, mended by the check itself."""


class Piece(NamedTuple):
    """A stretch of a text, and whether a check marked it."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """One e-mail to decide about."""

    email: ComposeResult
    sender: str
    said: Sequence[Said]
    near_misses: Sequence[Finding]
    """What checks held back before the e-mail became what it is."""
    warnings: Sequence[Finding]
    standing: Standing | None
    left: bool
    """It was delivered already."""

    @property
    def picks(self) -> Sequence[PickReport]:
        """Products, each with its reason."""
        return self.email.picks


async def desk_of(session: AsyncSession, email_id: str) -> Desk:
    """Raises UnknownEmail."""
    email = await get_email(session, email_id)
    return Desk(
        email=email,
        sender=parseaddr(email.headers.get("From", ""))[0] or email.campaign,
        said=[_said(number, block, email) for number, block in enumerate(email.blocks)],
        near_misses=_once(findings([one for one in email.verdicts if one.holds_back], email)),
        warnings=_once(findings([one for one in email.verdicts if not one.holds_back], email)),
        standing=await standing_in(session, email_id),
        left=await has_left(session, email_id),
    )


async def standing_in(session: AsyncSession, email_id: str) -> Standing | None:
    """The decision that stands about an e-mail, for `review/decide_bar.html`."""
    row = await standing_of(session, email_id)
    if row is None:
        return None
    names = await names_of(session, [row.reviewer])
    return Standing(row.id, row.decision, names[row.reviewer], row.at, reasons_of(row), row.words or "")


def reasons_of(row: ReviewRow) -> list[str]:
    """Why an e-mail was rejected, as the reviewer chose it."""
    return [REASONS[RejectReason(reason)] for reason in row.reasons]


def block_name(key: str, email: ComposeResult) -> str:
    """`pitch:P-12` as `About Sencha 100 g`."""
    titles = {f"pitch:{pick.product_id}": pick.title for pick in email.picks}
    return f"About {titles[key]}" if key in titles else block_title(key)


def findings(verdicts: Iterable[Verdict], email: ComposeResult) -> list[Finding]:
    """Verdicts as a marketer reads them."""
    return [
        Finding(
            where=block_name(one.block, email),
            rule=title(words_for(one.rule)),
            reason=one.reason,
            source=one.source or "",
            mended=one.repaired or "",
        )
        for one in verdicts
    ]


def pieces_of(judged: Judged) -> list[Piece]:
    """The text that was judged, with what holds it back marked."""
    marks = sorted(one.span for one in judged.held if one.span is not None and one.span[0] < one.span[1])
    found, at = [], 0
    for start, end in marks:
        if end <= at:
            continue
        found += [Piece(judged.text[at : max(at, start)], False), Piece(judged.text[max(at, start) : end], True)]
        at = end
    found.append(Piece(judged.text[at:], False))
    return [piece for piece in found if piece.text]


def told(decided: Decided, *, undone: bool = False) -> str:
    """What came of a decision, as a notice says it."""
    decision = Decision(decided.review.decision)
    if decided.repeated:
        return f"Somebody had said the same already: this e-mail is {decision.value}."
    said = (_UNDONE if undone else _DECIDED)[decision].format(flow=f"{decided.email.flow.replace('_', ' ')} e-mails")
    return said + (_LEFT if decided.left else "")


def _said(number: int, block: BlockReport, email: ComposeResult) -> Said:
    templated = block.rung in (Rung.TEMPLATE_BLOCK, Rung.TEMPLATE_EMAIL)
    asked = block.reason not in UNASKED
    return Said(
        number=number,
        key=block.key,
        name=block_name(block.key, email),
        text=block.text,
        rung=block.rung.value,
        kind="warn" if templated and asked else _RUNG_KINDS.get(block.rung, ""),
        why=why_left(block.reason) if asked else "",
        lines=1 + len(block.text) // 48,
    )


def _once(found: Sequence[Finding]) -> list[Finding]:
    return list(dict.fromkeys(found))
