"""Keeps what was composed: e-mails with records and decisions, and why there is none, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from composer.bandit.log import Decided, keep_decisions
from composer.contract import ComposeResult, Path
from composer.emails import claim, find_emails
from composer.experiments.fallbacks import note_fallbacks
from composer.finish import Finished
from composer.made import Made, Ready
from composer.outliving import ERASED, ERASED_DETAIL, erased_meanwhile
from composer.permission import OBJECTED, Permission, ledger_row, permission_of, refusal
from composer.record import save_records
from composer.reviews.strata import Look, look_at
from memory.consent import NOTHING_SAID, Standing, statuses
from memory.contacting.claiming import Claim, verdicts
from memory.ledger import record_contacts
from memory.privacy.tombstones import share
from store import clock


class Keeper:
    """Stores what one composer made. Safe to share between the tasks of one event loop."""

    def __init__(self) -> None:
        self._stored: set[str] = set()
        """Hashes of templates that the database is known to hold."""

    async def store(self, session: AsyncSession, made: Sequence[Made], *, run_id: str = "") -> list[ComposeResult]:
        """Keep e-mails, records and why there is none, in a fixed number of statements; what each came to, in order.

        Whoever inserts first has written the e-mail; a loser of the race gets the winner's. Where others were written
        to the same customers meanwhile and used up the room under the caps, the e-mail is deferred after all. Who took
        back their consent meanwhile gets none, and who objected to what it was written from gets another, later. Of who
        was erased meanwhile nothing is kept.
        """
        await share(session)
        gone = await erased_meanwhile(session, [one.ready.memory for one in made])
        staying = [one for one in made if one.ready.memory.external_id not in gone]
        stored = iter(await self._store(session, staying, run_id) if staying else [])
        return [
            _skip_of(one.result, ERASED, ERASED_DETAIL) if one.ready.memory.external_id in gone else next(stored)
            for one in made
        ]

    async def _store(self, session: AsyncSession, made: Sequence[Made], run_id: str) -> list[ComposeResult]:
        made = await _still_wanted(session, made)
        finished = [one.made for one in made if isinstance(one.made, Finished)]
        mine: set[str] = set()
        if finished:
            mine = await claim(session, [one.result for one in finished], run_id=run_id, looks=_looks(made))
        await self._save_records(session, [one for one in finished if one.result.id in mine])
        await keep_decisions(session, [one for one in map(_decided, made) if one and one.email.id in mine])
        theirs = await _winners(session, [one.result for one in finished if one.result.id not in mine])
        results = [theirs.get(one.result.id, one.result) for one in made]
        rows = [
            ledger_row(one.ready.errand, one.ready.memory.customer_id, one.result)
            for one in made
            if one.result.id not in theirs
        ]
        await record_contacts(session, [row for row in rows if row is not None])
        await note_fallbacks(session, [result for result in results if result.fell_back])
        return results

    async def _save_records(self, session: AsyncSession, finished: Sequence[Finished]) -> None:
        if not finished:
            return
        texts = {digest: text for one in finished for digest, text in one.artifacts.items()}
        new = {digest: text for digest, text in texts.items() if digest not in self._stored}
        await save_records(session, [one.sealed for one in finished], new)
        if new:
            self._keep_in_mind(session, set(new))

    def _keep_in_mind(self, session: AsyncSession, digests: set[str]) -> None:
        """Once this transaction is committed, what it wrote need not be written again."""

        def committed(committing: Session) -> None:
            if not committing.in_nested_transaction():
                self._stored |= digests

        event.listen(session.sync_session, "after_commit", committed)


def _decided(one: Made) -> Decided | None:
    """What is logged of it; None of a skip.

    Nothing of a stranger, whom a brand may write to whose ESP holds the consent: the ledger has no row of them, so that
    nobody could count what came of it.
    """
    if not isinstance(one.made, Finished) or one.made.decision is None or not one.ready.memory.customer_id:
        return None
    return Decided(one.result, one.made.decision, one.ready.experiment, one.ready.variant)


def _looks(made: Sequence[Made]) -> dict[str, Look]:
    """What each is sampled by, by its id."""
    return {
        one.result.id: look_at(one.result, one.ready.memory.lifecycle, first=not one.ready.recent)
        for one in made
        if isinstance(one.made, Finished)
    }


async def _still_wanted(session: AsyncSession, made: Sequence[Made]) -> list[Made]:
    """The same, with skips for what the caps have no room for any more, and for who said no, or not now, while a model
    wrote to them: that takes seconds."""
    written = {one.result.id: one.ready for one in made if isinstance(one.made, Finished)}
    found = await _room(session, {email_id: ready.claim for email_id, ready in written.items()})
    # Behind the lock on the customers: who takes their consent back has been seen, or waits.
    known = [ready.memory.customer_id for ready in written.values() if ready.memory.customer_id]
    standings = await statuses(session, known) if known else {}
    now = {email_id: standings.get(ready.memory.customer_id, NOTHING_SAID) for email_id, ready in written.items()}
    wishing = {
        email_id: replace(ready.claim, wish=now[email_id].choices.wish)
        for email_id, ready in written.items()
        if ready.memory.customer_id and now[email_id].choices.wish != ready.permission.choices.wish
    }
    found |= await _room(session, wishing)
    for email_id, ready in written.items():
        if ready.memory.customer_id:
            found[email_id] = _said_no(ready, now[email_id]) or found[email_id]
    return [_unless_overtaken(one, found.get(one.result.id, Permission())) for one in made]


def _said_no(ready: Ready, standing: Standing) -> Permission | None:
    """To being written to, or to being written to out of what was read; None where they did neither."""
    if reason := refusal(ready.errand, standing):
        return Permission(reason)
    # A plain e-mail may follow at once: whoever composes again reads less of them.
    objects = standing.choices.objects_to - set(ready.memory.objects_to)
    return Permission(OBJECTED, until=clock.now()) if objects and ready.errand.kind != "transactional" else None


async def _room(session: AsyncSession, claims: Mapping[str, Claim]) -> dict[str, Permission]:
    judged = await verdicts(session, claims, clock.now(), lock=True) if claims else {}
    return {email_id: permission_of(verdict) for email_id, verdict in judged.items()}


def _unless_overtaken(one: Made, permission: Permission) -> Made:
    return one if permission.granted else Made(one.ready, _overtaken(one.result, permission))


def _overtaken(result: ComposeResult, permission: Permission) -> ComposeResult:
    skip = _skip_of(result, permission.reason, permission.detail)
    return skip.model_copy(update={"defer_until": permission.until})


def _skip_of(result: ComposeResult, reason: str, detail: str) -> ComposeResult:
    """The skip in place of an e-mail that was written, and paid for."""
    return ComposeResult(
        id="",
        path=Path.SKIPPED,
        reason=reason,
        detail=detail,
        campaign=result.campaign,
        campaign_version=result.campaign_version,
        customer=result.customer,
        flow=result.flow,
        step=result.step,
        occasion=result.occasion,
        created_at=clock.now().replace(microsecond=0),
        usage=result.usage,
        experiment=result.experiment,
        variant=result.variant,
        fell_back=result.fell_back,
    )


async def _winners(session: AsyncSession, lost: Sequence[ComposeResult]) -> dict[str, ComposeResult]:
    """The e-mails that hold the keys of these, by the ids of these."""
    winners: dict[str, ComposeResult] = {}
    keys = {(one.campaign, one.campaign_version, one.step, one.occasion) for one in lost}
    for key in keys:
        wanted = [one for one in lost if (one.campaign, one.campaign_version, one.step, one.occasion) == key]
        held = await find_emails(session, key[0], key[1], {one.customer: (one.step, one.occasion) for one in wanted})
        winners |= {one.id: held[one.customer] for one in wanted}
    return winners
