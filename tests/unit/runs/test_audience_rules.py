"""Rules as a marketer's tool writes them: what is wrong is told with its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from composer.pointers import pointer_to
from composer.runs.audiences.model import Audience
from composer.runs.audiences.rules import MAX_DEPTH

AUDIENCE: TypeAdapter[Audience] = TypeAdapter(Audience)


def problems(document: Any) -> list[tuple[str, str]]:
    """(pointer, message) of everything that is wrong."""
    with pytest.raises(ValidationError) as refused:
        AUDIENCE.validate_python(document)
    return [
        (pointer_to(error["loc"], document, missing=error["type"] == "missing"), error["msg"])
        for error in refused.value.errors()
    ]


def rule(where: Any) -> dict[str, Any]:
    return {"kind": "rule", "where": where}


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        pytest.param(
            rule({"all": [{"field": "lifecycle", "in": ["gone"]}]}), "/where/all/0/in/0", "'lapsed'", id="value"
        ),
        pytest.param(
            rule({"any": [{"field": "cart"}, {"field": "mood"}]}), "/where/any/1", "'recency_days'", id="field"
        ),
        pytest.param(rule({"not": {"field": "orders"}}), "/where/not", "say at_least, at_most or both", id="no bounds"),
        pytest.param(
            rule({"field": "orders", "at_least": 3, "at_most": 2}), "/where", "nobody could be meant", id="empty range"
        ),
        pytest.param(rule({"field": "lifecycle"}), "/where/in", "required", id="missing"),
        pytest.param(rule({"field": "lifecycle", "in": []}), "/where/in", "at least one", id="no choice"),
        pytest.param(rule({"field": "cart", "si": True}), "/where/si", "not permitted", id="misspelt"),
        pytest.param(rule({"all": []}), "/where/all", "at least one", id="empty group"),
        pytest.param(rule(3), "/where", "a rule is an object", id="no rule"),
        pytest.param(rule({"all": [rule(3)]}), "/where/all/0", "discriminator", id="no condition"),
        pytest.param(
            rule({"field": "churn", "at_least": 0.5}), "/where", "use churn_risk_30d", id="prediction without its days"
        ),
        pytest.param(
            rule({"field": "churn_risk_90d", "at_least": 50}),
            "/where",
            "say 0.3 for 30 %",
            id="per cent",
        ),
        pytest.param(
            rule({"field": "category", "in": ["Maternity wear"]}),
            "/where/in",
            "people are not chosen by pregnancy",
            id="sensitive",
        ),
        pytest.param({"kind": "list", "customers": ["a", ""]}, "/customers/1", "at least 1 character", id="empty id"),
        pytest.param({"kind": "list", "customers": ["a\x00"]}, "/customers/0", "match pattern", id="NUL"),
        pytest.param({"kind": "list", "customers": []}, "/", "at least one customer", id="empty list"),
        pytest.param({"kind": "everyone", "limit": 0}, "/limit", "greater than or equal to 1", id="limit"),
        pytest.param(
            {"kind": "everyone", "exclude": rule({"field": "cart", "is": "perhaps"})},
            "/exclude/where/is",
            "boolean",
            id="within exclude",
        ),
    ],
)
def test_what_is_wrong_is_told_once_with_its_place(document: Any, pointer: str, words: str) -> None:
    found = problems(document)
    assert [place for place, _ in found] == [pointer]
    assert words in found[0][1]


def test_a_rule_cannot_be_nested_or_grow_without_bound() -> None:
    deep: dict[str, Any] = {"field": "cart"}
    for _ in range(100_000):
        deep = {"not": deep}
    assert "nested" in problems(rule(deep))[0][1]
    assert "at most 200" in problems(rule({"any": [{"field": "cart"}] * 201}))[0][1]
    fits: dict[str, Any] = {"field": "cart"}
    for _ in range(MAX_DEPTH - 1):
        fits = {"not": fits}
    assert AUDIENCE.validate_python(rule(fits))


def test_a_rule_is_written_as_it_was_read() -> None:
    where = {"all": [{"field": "lifecycle", "in": ["new"]}, {"not": {"any": [{"field": "cart", "is": False}]}}]}
    document = AUDIENCE.validate_python(rule(where)).model_dump(mode="json", exclude_none=True)
    assert document["where"] == where
