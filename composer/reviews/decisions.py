"""The repository of decisions: which one stands, and what was decided before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.reviews.tables import ReviewRow
from store.errors import NotFound


class UnknownReview(NotFound):
    """No decision has this id."""

    reason = "unknown_review"


async def history(session: AsyncSession, email_id: str) -> list[ReviewRow]:
    """Every decision about an e-mail, the newest first; those that were undone too."""
    query = select(ReviewRow).where(col(ReviewRow.email_id) == email_id)
    ordered = query.order_by(col(ReviewRow.at).desc(), col(ReviewRow.id).desc())
    # As they are now that the e-mail is locked, not as this session may have read one of them before.
    ordered = ordered.execution_options(populate_existing=True)
    return list((await session.execute(ordered)).scalars())


async def standing(session: AsyncSession, email_id: str) -> ReviewRow | None:
    """The newest decision that was not undone."""
    return newest_of(await history(session, email_id))


def newest_of(reviews: Sequence[ReviewRow]) -> ReviewRow | None:
    """The one that stands, of a `history`."""
    return next((review for review in reviews if review.undone_at is None), None)


async def get_review(session: AsyncSession, review_id: str) -> ReviewRow:
    """Raises UnknownReview."""
    row = await session.get(ReviewRow, review_id)
    if row is None:
        raise UnknownReview(
            f"There is no review {review_id!r}.", fix="Ids of reviews start with rev_: see those of the e-mail."
        )
    return row
