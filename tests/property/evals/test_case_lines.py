"""Whatever a line of the labelled format holds, it is judged or refused with a reason; nothing breaks."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from evals import corpora
from evals.checking import Checked, Checker, Unread

ROWS = [json.loads(line) for line in corpora.GUARDRAILS.read_bytes().split(b"\n")[:687:23]]
PLACES = ("", "brand", "brand/policies", "customer_facts", "customer_facts/private", "offer", "products/0")
UNKNOWN = ("rating", "reviews", "stock_left", "description", "sku", "ends", "applies_to", "quiz", "compare_at_basis")
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.just("12,50 €")
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


def changed(row: dict[str, Any], place: str, field: str | None, value: Any) -> dict[str, Any]:
    """A copy of a row with one field of one of its objects changed; without a field, with the object replaced."""
    copy: dict[str, Any] = json.loads(json.dumps(row))
    inner: Any = copy
    for step in filter(None, place.split("/")):
        inner = inner[int(step)] if step.isdigit() else inner.get(step)
    if isinstance(inner, dict):
        known = sorted(inner) or [""]
        inner[field or known[len(str(value)) % len(known)]] = value
    return copy


@given(
    row=st.sampled_from(ROWS),
    place=st.sampled_from(PLACES),
    field=st.one_of(st.none(), st.sampled_from(UNKNOWN)),
    value=VALUES,
)
@example(row=ROWS[0], place="brand", field="competitors", value=[" "])
@example(row=ROWS[0], place="brand/policies", field="free_shipping_over", value=False)
@example(row=ROWS[0], place="products/0", field="price", value="1.2.3")
def test_a_changed_field_is_judged_or_refused_and_breaks_no_check(
    row: dict[str, Any], place: str, field: str | None, value: Any
) -> None:
    line = json.dumps(changed(row, place, field, value)).encode()
    (answer,) = Checker().check([line])
    if isinstance(answer, Unread):
        assert answer.error.message
        assert answer.error.fix
    else:
        assert isinstance(answer, Checked)
        assert answer.crashed == ()


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_answered_line_by_line(junk: bytes) -> None:
    sound = json.dumps(ROWS[0]).encode()
    answers = list(Checker().check([*junk.split(b"\n"), sound]))
    assert isinstance(answers[-1], Checked)
    assert all(isinstance(answer, Unread) for answer in answers[:-1])
