"""What they said in their own words: reviews, answers, notes."""

from __future__ import annotations

from memory.parts.steps import Step

STEPS: dict[str, Step] = {}
