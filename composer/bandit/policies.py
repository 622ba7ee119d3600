"""The policy that e-mails are decided by: read once for all of them until something new was learned."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.learned import NOTHING, Lesson, read_learned, version_of
from composer.bandit.policy import Thompson
from composer.lessons.preferences import NO_PREFERENCES, Preferences


class Policies:
    """What one database's outcomes taught, kept until it changes."""

    def __init__(self) -> None:
        self._state: object = None
        self._lesson: Lesson = NOTHING

    async def current(
        self, session: AsyncSession, preferences: Preferences = NO_PREFERENCES, *, content: bytes | None = None
    ) -> Thompson:
        """One small read where nothing has changed, none where it is known what stands under `CONTENT`; one more where
        something has.

        `preferences`: what reviewers like, the odds that outcomes begin with. How much is explored is a brief's to
        say: `dataclasses.replace(policy, explore=…)`.
        """
        state = await version_of(session) if content is None else content
        if state != self._state:
            self._lesson = await read_learned(session)
            self._state = state
        return Thompson(self._lesson.posterior, self._lesson.version, preferences)
