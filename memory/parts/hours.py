"""When a person opens, clicks and orders, by hour of the week."""

from __future__ import annotations

from memory.parts.steps import Step

STEPS: dict[str, Step] = {}
