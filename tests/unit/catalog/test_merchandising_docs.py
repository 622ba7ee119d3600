"""The example and the page about merchandising are true of the code."""

from __future__ import annotations

from pathlib import Path

from catalog.merchandising import Merchandising, Narrowing, Selector
from catalog.model import Limits
from composer.documents import load_document

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "merchandising.md").read_text(encoding="utf-8")


def test_the_example_is_a_document_that_uses_every_field() -> None:
    document = load_document(Merchandising, ROOT / "examples" / "merchandising.yaml")
    assert set(document.model_fields_set) == set(Merchandising.model_fields)


def test_the_page_names_every_field() -> None:
    fields = {*Merchandising.model_fields, *Selector.model_fields, *Narrowing.model_fields}
    named = {*fields, *(name for name in Limits.model_fields if name.startswith(("max_per", "diversity", "count")))}
    assert [name for name in sorted(named) if name not in PAGE] == []
