"""An e-mail that was answered before and is asked for again under its `Idempotency-Key`: may it be answered again?"""

from __future__ import annotations

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult, Path
from composer.reviews import gate
from memory.consent import statuses
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
    objects = "personalisation" in standing.choices.objects_to and not email.impersonal
    return objects or not standing.allowed or bool(await gate.held(session, email.id))
