"""Where in a document an error lies."""

from __future__ import annotations

from typing import Any

import pytest

from composer.pointers import pointer_to


@pytest.mark.parametrize(
    ("location", "document", "missing", "pointer"),
    [
        pytest.param(("a", "b"), {"a": {"b": 1}}, False, "/a/b", id="plain"),
        pytest.param(("a", 1), {"a": [1, 2]}, False, "/a/1", id="index"),
        pytest.param(("a", "rule", "all", "all", 0), {"a": {"all": [{}]}}, False, "/a/all/0", id="branches left out"),
        pytest.param(("a", "list"), {"a": {}}, False, "/a", id="branch at the end"),
        pytest.param(("a", "list", "name"), {"a": {}}, True, "/a/name", id="a field that is missing"),
        pytest.param((), {}, False, "/", id="the whole"),
        pytest.param(("a/b~",), {"a/b~": 1}, False, "/a~1b~0", id="escaped"),
        pytest.param((5,), [1], False, "/", id="an index that is not there"),
    ],
)
def test_a_pointer_leads_through_what_the_document_has(
    location: tuple[str | int, ...], document: Any, missing: bool, pointer: str
) -> None:
    assert pointer_to(location, document, missing=missing) == pointer
