"""What became of each of our e-mails: what it was like, when it was opened and clicked."""

from __future__ import annotations

from memory.parts.steps import Step

STEPS: dict[str, Step] = {}
