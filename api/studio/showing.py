"""One e-mail to look at, stored or a preview, with all that its page tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from api.studio.actors import names_of
from api.studio.framing import picture_origins, without_tokens
from api.studio.reasons import CHANGES, COUNTED, REPORTED
from api.studio.why import Why, event_ids, why_of
from composer import previews
from composer.contract import ComposeResult, Path
from composer.emails import get_email
from composer.experiments.model import Experiment
from composer.experiments.service import UnknownExperiment, get_experiment
from composer.journey import Journey, journey_of
from composer.message import build_message
from composer.names import clean_first_name
from composer.record import ComposeRecord, find_record
from composer.render import Rendered
from composer.reviews.decisions import history, newest_of
from composer.reviews.tables import ReviewRow
from memory.account.sources import find_sources


class Happened(NamedTuple):
    """One line of an e-mail's history."""

    at: datetime
    text: str
    note: str = ""


@dataclass(frozen=True)
class Shown:
    """An e-mail and everything beside it."""

    id: str
    """`msg_…`, or `pre_…` of a preview."""
    email: ComposeResult
    record: ComposeRecord | None
    """None where no e-mail was written."""
    why: Why | None
    happened: tuple[Happened, ...] = ()
    standing: ReviewRow | None = None
    """The decision that stands."""

    @property
    def preview(self) -> bool:
        """It is not stored as an e-mail, and will go nowhere."""
        return self.id.startswith(previews.PREFIX)

    @property
    def skipped(self) -> bool:
        """There is no e-mail, but a reason."""
        return self.email.path is Path.SKIPPED

    @property
    def first_name(self) -> str:
        """As greeted; empty for none."""
        return clean_first_name(self.record.task.snapshot.person.first_name) or "" if self.record else ""

    @property
    def pictures_from(self) -> list[str]:
        """Origins outside of this server that have its pictures."""
        return picture_origins(self.email.html, own_host(self.email))

    @property
    def text(self) -> str:
        """The plain-text part."""
        return without_tokens(self.email.text, own_host(self.email))

    @property
    def headers(self) -> str:
        """The message's header lines as they go out, but for `To`: here it is addressed to nobody."""
        if self.record is None:
            return ""
        email = self.email
        rendered = Rendered(subject=email.subject, preheader=email.preheader, html=email.html, text=email.text)
        head, _, _ = build_message(rendered, self.record.envelope()).partition(b"\r\n\r\n")
        return without_tokens(head.decode("ascii", "replace").replace("\r\n", "\n"), own_host(email))


async def find_result(session: AsyncSession, email_id: str) -> ComposeResult:
    """Stored, or a preview. Raises UnknownEmail, UnknownPreview."""
    if email_id.startswith(previews.PREFIX):
        return (await previews.find(session, email_id)).result
    return await get_email(session, email_id)


async def show(session: AsyncSession, email_id: str, *, full: bool) -> Shown:
    """`full`: also what was remembered in own words, may be sensitive, or is not in the text.

    Raises UnknownEmail, UnknownPreview, UnknownRecord, DamagedRecord."""
    if email_id.startswith(previews.PREFIX):
        preview = await previews.find(session, email_id)
        why = await _why(session, preview.result, preview.record, full=full)
        return Shown(email_id, preview.result, preview.record, why)
    email = await get_email(session, email_id)
    record = await find_record(session, email.record)
    reviews = await history(session, email_id)
    names = await names_of(session, [one.reviewer for one in reviews]) if reviews else {}
    happened = _happened(email, await journey_of(session, email), reviews, names)
    why = await _why(session, email, record, full=full)
    return Shown(email_id, email, record, why, happened, newest_of(reviews))


async def _why(session: AsyncSession, email: ComposeResult, record: ComposeRecord | None, *, full: bool) -> Why | None:
    if record is None:
        return None
    sources = await find_sources(session, event_ids(email, record))
    return why_of(email, record, sources, full=full, experiment=await _experiment(session, email))


async def _experiment(session: AsyncSession, email: ComposeResult) -> Experiment | None:
    if not email.experiment:
        return None
    try:
        return await get_experiment(session, email.experiment)
    except UnknownExperiment:
        # Of a preview of a draft that was thrown away since: the page names it by its id.
        return None


def own_host(email: ComposeResult) -> str:
    """Under which name e-mails know this server: that of the link that unsubscribes."""
    return urlsplit(email.headers.get("List-Unsubscribe", "").strip("<>")).netloc


def _happened(
    email: ComposeResult, journey: Journey, reviews: Sequence[ReviewRow], names: Mapping[str, str]
) -> tuple[Happened, ...]:
    found = [Happened(email.created_at, "Written")]
    found += [
        Happened(one.at, "Rebuilt", ", ".join(CHANGES.get(code, code) for code in one.why)) for one in journey.revisions
    ]
    found += [
        Happened(one.at, COUNTED.get(one.decision, one.decision), f"under contact rules {one.rule_version}")
        for one in journey.counted
    ]
    found += [
        Happened(one.at, REPORTED.get(one.name, one.name), "probably by a machine" if one.machine else "")
        for one in journey.reported
    ]
    found += [
        Happened(
            one.at,
            f"{one.decision.capitalize()} by {names[one.reviewer]}",
            "undone since" if one.undone_at else one.words or "",
        )
        for one in reviews
    ]
    return tuple(sorted(found, key=lambda one: one.at))
