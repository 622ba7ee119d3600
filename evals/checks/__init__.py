"""The rules, one file per family. Importing this package registers them all."""

from __future__ import annotations

from evals.checks import characters, length, links, markup, placeholders
from evals.rules import RULES, Rule

FAMILIES = (characters, length, links, markup, placeholders)
ALL: tuple[Rule, ...] = tuple(RULES.values())
"""Every rule, in the order their families are listed."""
