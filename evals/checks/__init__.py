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
from evals.draft import BLOCK_ORDER, BlockName
from evals.rules import RULES, Rule

FAMILIES = (
    characters, placeholders, markup, links, length, shape, machine, language, tone, brand, private, people,
    prices, discounts, codes, shipping, deadlines, products, attributes, claims, history, promises,
)  # fmt: skip
ALL: tuple[Rule, ...] = tuple(RULES.values())
"""Every rule, in the order of registration."""
BY_BLOCK: dict[BlockName, tuple[Rule, ...]] = {
    name: tuple(rule for rule in ALL if name in rule.blocks) for name in (*BLOCK_ORDER, "whole")
}
"""The rules that apply to each block."""
