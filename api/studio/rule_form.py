"""Rules over memory as a marketer puts them together: a few conditions, each a sentence with a value to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.studio.forms import Values

ROWS = 4
"""Conditions that the form has room for; more, and nested ones, can be written as JSON."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One sentence to choose."""

    key: str
    text: str
    field: str
    value: str
    """`at_least`, `at_most` or `percent` (a number follows), `in` (names, with commas), or what it is (nothing)."""


NUMBERS = (
    ("orders", "orders, at least", "at_least"),
    ("orders", "orders, at most", "at_most"),
    ("monetary", "spent in all, at least", "at_least"),
    ("days_since_order", "days since the last order, at least", "at_least"),
    ("days_since_order", "days since the last order, at most", "at_most"),
    ("days_since_contact", "days since we last wrote, at least", "at_least"),
    ("days_since_open", "days since they opened one, at most", "at_most"),
    ("days_since_click", "days since they clicked, at most", "at_most"),
    ("days_known", "days known to us, at most", "at_most"),
    ("expected_value_12m", "expected to spend in a year, at least", "at_least"),
)
GROUPS: tuple[tuple[str, tuple[Choice, ...]], ...] = (
    (
        "Where they stand",
        (
            Choice("lifecycle.prospect", "never ordered", "lifecycle", "prospect"),
            Choice("lifecycle.new", "ordered for the first time lately", "lifecycle", "new"),
            Choice("lifecycle.active", "orders as usual", "lifecycle", "active"),
            Choice("lifecycle.at_risk", "is later than usual", "lifecycle", "at_risk"),
            Choice("lifecycle.lapsed", "stopped ordering", "lifecycle", "lapsed"),
            Choice("cart.yes", "has something in the cart", "cart", "yes"),
        ),
    ),
    (
        "How they take e-mails",
        (
            Choice("engagement.hot", "clicked within 30 days", "engagement", "hot"),
            Choice("engagement.warm", "opened within 60 days", "engagement", "warm"),
            Choice("engagement.cold", "neither opens nor clicks", "engagement", "cold"),
            Choice("consent.consented", "agreed to e-mails", "consent", "consented"),
        ),
    ),
    (
        "Numbers (fill in)",
        (
            *(Choice(f"{field}.{bound}", text, field, bound) for field, text, bound in NUMBERS),
            Choice("churn_risk_90d.percent", "chance of no order in 90 days, at least %", "churn_risk_90d", "percent"),
            Choice(
                "buy_probability_30d.percent",
                "chance of an order in 30 days, at least %",
                "buy_probability_30d",
                "percent",
            ),
        ),
    ),
    (
        "Names (fill in, with commas between)",
        (
            Choice("category.in", "leans to the category", "category", "in"),
            Choice("brand.in", "leans to the brand", "brand", "in"),
            Choice("country.in", "lives in the country", "country", "in"),
            Choice("locale.in", "reads the language", "locale", "in"),
        ),
    ),
)
_BY_KEY = {choice.key: choice for _, choices in GROUPS for choice in choices}


def rule_of(values: Values) -> dict[str, Any]:
    """The rule as `composer.runs.audiences.rules` reads it; a number that is none is left for it to refuse."""
    parts = []
    for row in range(ROWS):
        choice = _BY_KEY.get(values.get(f"condition-{row}"))
        if choice is not None:
            parts.append(_condition(choice, values.get(f"value-{row}").strip()))
    if not parts:
        return {"all": []}
    return parts[0] if len(parts) == 1 else {"any" if values.get("combine") == "any" else "all": parts}


def _condition(choice: Choice, said: str) -> dict[str, Any]:
    match choice.value:
        case "at_least" | "at_most":
            return {"field": choice.field, choice.value: said.replace(",", "") or None}
        case "percent":
            return {"field": choice.field, "at_least": _share(said)}
        case "in":
            return {"field": choice.field, "in": [name.strip() for name in said.split(",") if name.strip()]}
        case "yes":
            return {"field": choice.field, "is": True}
        case name:
            return {"field": choice.field, "in": [name]}


def _share(said: str) -> float | str | None:
    number = said.rstrip("% ").strip()
    try:
        return float(number) / 100
    except ValueError:
        return said or None
