"""Parts come together as products, in the order in which the products came, however far apart they stand."""

from __future__ import annotations

import pytest

from catalog.feeds import groups as module
from catalog.feeds.groups import Group, Groups, NoTemporarySpace


def lines(group: Group) -> list[int]:
    return [part.line for part in group.parts]


def test_products_come_out_as_they_came_in_and_their_parts_by_rank() -> None:
    with Groups() as groups:
        for line, owner in enumerate(["b", "a", "b", "a"], start=1):
            groups.root(owner)
            groups.part(owner, 1, line, {"line": line})
        groups.part("b", 0, 5, {})
        assert [lines(group) for group in groups] == [[5, 1, 3], [2, 4]]


def test_a_part_finds_its_product_over_three_steps_whatever_comes_first() -> None:
    with Groups() as groups:
        groups.part("item", 3, 1, {})
        groups.child("item", "variant")
        groups.child("variant", "alias")
        groups.root("product", "alias")
        groups.part("product", 0, 2, {})
        (group,) = groups
    assert (group.known, lines(group)) == (True, [2, 1])


def test_what_belongs_to_nothing_stands_alone() -> None:
    with Groups() as groups:
        groups.part("ghost", 1, 1, {})
        groups.part("ghost", 1, 2, {})
        assert [(group.known, lines(group)) for group in groups] == [(False, [1]), (False, [2])]


def test_a_product_without_bounds_is_read_to_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PARTS", 3)
    with Groups() as groups:
        groups.root("a")
        for line in range(5):
            groups.part("a", 1, line + 1, {})
        (group,) = groups
    assert len(group.parts) == 3
    assert group.issue is not None
    assert "2 variants and images more" in group.issue.reason


def test_a_disk_that_cannot_be_used_is_named_with_the_way_out() -> None:
    groups = Groups()
    groups.part("a", 1, 1, {})
    groups.__exit__(None, None, None)
    with pytest.raises(NoTemporarySpace) as raised:
        list(groups)
    assert "TMPDIR" in (raised.value.fix or "")
