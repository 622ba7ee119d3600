"""E-mails that were written ahead, at the moment they go out: contact rules are asked again, and the ledger told.

What was written under the rules took its place in the ledger then. Now the row moves to this moment; where quiet hours
or what was sent meanwhile stand against it, the e-mail waits, and keeps its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from composer.departed import departed
from composer.permission import Errand, Permission, held_back, permission_of
from composer.stored import StoredEmail
from memory.contacting.claiming import Claim, verdicts
from memory.contacting.quiet import next_allowed
from memory.ledger import move_contacts, record_contacts, withdraw_contacts
from store import clock
from store.ids import CustomerId


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A stored e-mail, and what it was written for."""

    email: StoredEmail
    errand: Errand

    @property
    def claim(self) -> Claim:
        """What the contact rules are asked."""
        email = self.email
        customer_id = email.customer_id or CustomerId("")
        return self.errand.claim(email.document["customer"], customer_id, email.timezone, email.standing.choices)

    @property
    def settled(self) -> bool:
        """It has its place in the ledger, and its customer is in no quiet hours and no pause: nothing is asked."""
        if self.email.withdrawn or self.errand.kind == "transactional":
            return not self.email.withdrawn
        now, paused_until = clock.now(), self.email.standing.choices.wish.paused_until
        is_quiet = next_allowed(self.errand.version.contact_rules, self.email.timezone, now) != now
        return not is_quiet and (paused_until is None or paused_until <= now)


async def let_out(session: AsyncSession, outgoing: Mapping[str, Outgoing]) -> dict[str, Permission]:
    """Whether each e-mail, by its id, may go out now; those that may count from now on. In a fixed number of statements
    for those of one campaign version."""
    claims = {email_id: one.claim for email_id, one in outgoing.items()}
    judged = await verdicts(session, claims, clock.now(), lock=True)
    found = {email_id: permission_of(verdict) for email_id, verdict in judged.items()}
    await _move(session, [claims[email_id] for email_id, one in found.items() if one.granted])
    held = [(outgoing[email_id], one) for email_id, one in found.items() if not one.granted]
    await hold_back(session, [(one.email, one.errand, permission) for one, permission in held])
    return found


async def hold_back(session: AsyncSession, held: Sequence[tuple[StoredEmail, Errand, Permission]]) -> None:
    """Tell the ledger, once a day for each reason, why these do not go out now; who will not be asked again loses the
    place that was taken. What has reached them before keeps it, and with it all that comes of it."""
    rows = [
        held_back(errand, email.document, email.customer_id, permission)
        for email, errand, permission in held
        if email.customer_id is not None
    ]
    await record_contacts(session, rows)
    ended = {email.document["id"]: one.reason for email, _, one in held if one.until is None}
    there = await departed(session, list(ended))
    for reason in set(ended.values()):
        gone = [email_id for email_id, why in ended.items() if why == reason and email_id not in there]
        await withdraw_contacts(session, gone, reason)


async def _move(session: AsyncSession, claims: Sequence[Claim]) -> None:
    for version in {claim.rules.version for claim in claims}:
        keys = [claim.key for claim in claims if claim.rules.version == version]
        await move_contacts(session, keys, clock.now(), version)
