"""The rules, one file per family. Importing this package registers them all."""

from __future__ import annotations

from evals.checks import characters, codes, deadlines, discounts, length, links, markup, placeholders, prices, shipping
from evals.rules import RULES, Rule

FAMILIES = (characters, codes, deadlines, discounts, length, links, markup, placeholders, prices, shipping)
ALL: tuple[Rule, ...] = tuple(RULES.values())
"""Every rule, in the order their families are listed."""
