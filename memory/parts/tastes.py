"""Gifts and own use, occasions and seasons, discounts, and what they turn away."""

from __future__ import annotations

from memory.parts.steps import Step

STEPS: dict[str, Step] = {}
