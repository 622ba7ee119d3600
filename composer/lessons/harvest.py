"""What one review teaches, written and taken back in the transaction of the decision."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from composer.reviews.tables import ReviewRow


async def learn_from(session: AsyncSession, review: ReviewRow) -> None:
    """Keep what a review teaches. `review` is added to the session already; the caller commits."""


async def unlearn(session: AsyncSession, review: ReviewRow) -> None:
    """Take back what an undone review taught."""
