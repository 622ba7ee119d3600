"""The rules, one file per family. Importing this package registers them all."""

from __future__ import annotations

from evals.checks import (
    attributes,
    brand,
    characters,
    claims,
    codes,
    deadlines,
    discounts,
    history,
    language,
    length,
    links,
    machine,
    markup,
    people,
    placeholders,
    prices,
    private,
    products,
    promises,
    shape,
    shipping,
    tone,
)
from evals.rules import RULES, Rule

FAMILIES = (
    characters, placeholders, markup, links, length, shape, machine, language, tone, brand, private, people,
    prices, discounts, codes, shipping, deadlines, products, attributes, claims, history, promises,
)  # fmt: skip
ALL: tuple[Rule, ...] = tuple(RULES.values())
"""Every rule, in the order of registration."""
