"""Rules over memory: which customers are meant, as plain JSON that a marketer's tool can write.

{"all": [
    {"field": "lifecycle", "in": ["at_risk", "lapsed"]},
    {"field": "orders", "at_least": 2},
    {"field": "category", "in": ["Green tea"], "strength": 0.2},
    {"not": {"field": "days_since_contact", "at_most": 13}}
]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from memory.consent import Reason
from memory.model import Lifecycle
from memory.sensitive import sensitive_topic

MAX_CONDITIONS = 200
MAX_DEPTH = 12

Value = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Measure = Literal[
    "orders",
    "recency_days",
    "monetary",
    "cadence_days",
    "days_known",
    "days_since_order",
    "days_since_contact",
    "days_since_open",
    "days_since_click",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "buy_probability_30d",
    "churn_risk_30d",
    "churn_risk_60d",
    "churn_risk_90d",
    "expected_value_12m",
    "next_order_at",
]
PREDICTED: Final = ("buy_probability_30d", "churn_risk_30d", "churn_risk_60d", "churn_risk_90d")
"""Probabilities."""
NAMELESS: Mapping[str, str] = {
    "prediction": ", ".join((*PREDICTED, "expected_value_12m and next_order_at")),
    "churn": "churn_risk_30d, churn_risk_60d or churn_risk_90d",
    "churn_risk": "churn_risk_30d, churn_risk_60d or churn_risk_90d",
    "buy_probability": "buy_probability_30d",
    "next_order": "next_order_at",
    "lifetime_value": "expected_value_12m",
    "expected_value": "expected_value_12m",
}
"""What people ask for without saying how far ahead, and what they may mean."""
GROUPS = ("all", "any", "not")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


def _not_empty(parts: Any) -> Any:
    # Not `min_length`: it counts what is valid, and would blame a list for what is wrong with its parts.
    if isinstance(parts, list | tuple) and not parts:
        raise ValueError("say at least one condition")
    return parts


class Number(_Document):
    """A measure within bounds, both included.

    `recency_days`, `monetary`, `cadence_days` and the scores are known of people who have ordered, `days_known` of
    people with an event: of the others the condition is never true. What never happened lies infinitely long ago:
    `days_since_contact` at least 14 is also true of whom nobody ever wrote to.

    Predictions (`memory.predictions`) are known of who has ordered, where the shop's history is long enough:
    probabilities from 0 to 1, `expected_value_12m` in the currency of most of their orders, and `next_order_at` in days
    from now.

    Scores are RFM quintiles among the customers who have ordered, 5 the best (Hughes, *Strategic Database Marketing*,
    1994); equal values get equal scores.
    """

    field: Measure
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("say at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most: nobody could be meant")
        if self.field in PREDICTED and any(not 0 <= bound <= 1 for bound in self._bounds()):
            raise ValueError(f"{self.field} is a probability from 0 to 1: say 0.3 for 30 %")
        return self

    def _bounds(self) -> Iterator[float]:
        yield from (bound for bound in (self.at_least, self.at_most) if bound is not None)


class LifecycleIs(_Document):
    """One of these stages."""

    field: Literal["lifecycle"]
    in_: Annotated[tuple[Lifecycle, ...], BeforeValidator(_not_empty)] = Field(alias="in")


class EngagementIs(_Document):
    """How they take our e-mails: `hot` clicked within 30 days, `warm` opened or clicked within 60, `cold` did neither,
    `none` never got one."""

    field: Literal["engagement"]
    in_: Annotated[tuple[Literal["none", "cold", "warm", "hot"], ...], BeforeValidator(_not_empty)] = Field(alias="in")


class ConsentIs(_Document):
    """Where their consent to e-mail stands."""

    field: Literal["consent"]
    in_: Annotated[tuple[Reason, ...], BeforeValidator(_not_empty)] = Field(alias="in")


class PlaceIs(_Document):
    """`locale`: `de` means every German, `de-AT` the Austrians. `country`: as the shop sent it with the address."""

    field: Literal["locale", "country"]
    in_: Annotated[tuple[Value, ...], BeforeValidator(_not_empty)] = Field(alias="in")


class Leaning(_Document):
    """They lean to one of these, with a share of at least `strength` (0..1) among what they lean to of this kind."""

    field: Literal["category", "brand"]
    in_: Annotated[tuple[Value, ...], BeforeValidator(_not_empty)] = Field(alias="in")
    strength: float = Field(default=0.0, ge=0, le=1)

    @field_validator("in_")
    @classmethod
    def _fit_for_use(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        topic = next((topic for value in values if (topic := sensitive_topic(value))), None)
        if topic is not None:
            raise ValueError(f"people are not chosen by {topic.replace('_', ' ')}: it is never used, only left out")
        return values


class HasCart(_Document):
    """Something lies in their cart since their last order, or not."""

    field: Literal["cart"]
    is_: bool = Field(default=True, alias="is")


Condition = Annotated[
    Number | LifecycleIs | EngagementIs | ConsentIs | PlaceIs | Leaning | HasCart, Field(discriminator="field")
]


class AllOf(_Document):
    """Every one of these is true."""

    all_: Annotated[tuple[Rule, ...], BeforeValidator(_not_empty)] = Field(alias="all")


class AnyOf(_Document):
    """At least one of these is true."""

    any_: Annotated[tuple[Rule, ...], BeforeValidator(_not_empty)] = Field(alias="any")


class Not(_Document):
    """This is not true."""

    not_: Rule = Field(alias="not")


def _shape(value: Any) -> str | None:
    """Which branch a part of a rule is."""
    if isinstance(value, _Document):
        groups: dict[type[_Document], str] = {AllOf: "all", AnyOf: "any", Not: "not"}
        return groups.get(type(value), "condition")
    if not isinstance(value, dict):
        return None
    return next((group for group in GROUPS if group in value), "condition")


Rule = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Condition, Tag("condition")],
    Discriminator(
        _shape,
        custom_error_type="not_a_rule",
        custom_error_message="a rule is an object with all, any, not, or a condition with a field",
    ),
]


def _bounded(value: Any) -> Any:
    """Refuse what would take for ever to validate, and what memory cannot answer, before anything is validated."""
    waiting, parts = [(value, 1)], 0
    while waiting:
        part, depth = waiting.pop()
        parts += 1
        if depth > MAX_DEPTH or parts > MAX_CONDITIONS:
            raise ValueError(f"a rule has at most {MAX_CONDITIONS} conditions, nested {MAX_DEPTH} deep")
        if not isinstance(part, dict):
            continue
        meant = NAMELESS.get(str(part.get("field")))
        if meant is not None:
            raise ValueError(f"{part['field']} does not say how far ahead: use {meant}")
        waiting += [(one, depth + 1) for group in GROUPS for one in _inner(part.get(group))]
    return value


def _inner(found: Any) -> list[Any]:
    if found is None:
        return []
    return list(found) if isinstance(found, list | tuple) else [found]


Where = Annotated[Rule, BeforeValidator(_bounded)]
"""A whole rule."""

AllOf.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()


def conditions_of(rule: Rule) -> Iterator[Condition]:
    """Its leaves, from left to right."""
    match rule:
        case AllOf(all_=parts) | AnyOf(any_=parts):
            for part in parts:
                yield from conditions_of(part)
        case Not(not_=part):
            yield from conditions_of(part)
        case _:
            yield rule
