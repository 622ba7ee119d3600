"""An e-mail that was answered before and is asked for again under its `Idempotency-Key`: may it be answered again?"""

from __future__ import annotations

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult, Path
from composer.reviews import gate
from memory.consent import Standing, statuses
from memory.recall import customer_id_of


async def said_no_to(session: AsyncSession, answer: str) -> bool:
    """Whether somebody has, since: its customer to e-mails or to personalisation, or a reviewer to this one.

    `answer` is the body of `POST /v1/compose`. Of whom memory does not know nobody says: no answer about them is kept,
    and an erasure takes those of whom it knew.
    """
    try:
        email = ComposeResult.model_validate_json(answer)
    except ValidationError:
        # Of another version of ours.
        return True
    if email.path is Path.SKIPPED:
        return False
    customer = await customer_id_of(session, email.customer)
    if customer is None:
        return False
    standing = (await statuses(session, [customer]))[customer]
    return _said_no(standing, impersonal=email.impersonal) or bool(await gate.held(session, email.id))


def _said_no(standing: Standing, *, impersonal: bool) -> bool:
    """A topic turned off or a pause may be about other e-mails: composing knows, and answers the stored one then."""
    choices = standing.choices
    objects = "personalisation" in choices.objects_to and not impersonal
    # Whose consent nobody has told us of has said nothing.
    refuses = not standing.allowed and standing.reason != "no_consent"
    return objects or refuses or bool(choices.topics_off) or choices.wish.paused_until is not None
