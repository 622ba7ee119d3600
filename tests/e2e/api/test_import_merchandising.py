"""`penfriend import merchandising` and `costs`, as somebody at a shop would use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.api.test_cli import Run, home, run

__all__ = ["home", "run"]

RULES = """
pins:
  - {product: advent, place: 2, starts: 2026-11-20, ends: 2026-12-01}
boosts:
  - name: winter
    select: {categories: [Tea > Black tea], on_sale: true}
    factor: 1.5
show_cap: {times: 2, days: 14}
"""


@pytest.mark.usefixtures("home")
def test_merchandising_is_saved_in_versions_and_products_that_are_not_there_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    tried = run("import", "merchandising", "rules.yaml", "--dry-run", "--json").json()
    first = run("import", "merchandising", "rules.yaml", "--json").json()
    assert (tried["version"], tried["dry_run"]) == (first["version"], True) == (1, True)
    assert first["unknown_products"] == ["advent"]
    assert run("import", "merchandising", "rules.yaml", "--json").json()["version"] == 1
    (tmp_path / "rules.yaml").write_text(RULES.replace("1.5", "2"))
    ran = run("import", "merchandising", "rules.yaml")
    assert "Saved merchandising, version 2." in ran.out
    assert "Not in the catalog: advent." in ran.out


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (RULES.replace("factor: 1.5", "factor: 50"), "/boosts/0/factor"),
        (RULES.replace("product: advent", "prodcut: advent"), "/pins/0/product"),
        (RULES.replace("select: {categories: [Tea > Black tea], on_sale: true}", "select: {}"), "/boosts/0/select"),
    ],
)
def test_what_is_wrong_in_the_file_is_pointed_at(run: Run, tmp_path: Path, wrong: str, pointer: str) -> None:
    (tmp_path / "rules.yaml").write_text(wrong)
    ran = run("import", "merchandising", "rules.yaml", "--json")
    assert ran.code == 2
    assert ran.json()["error"]["pointer"] == pointer
    assert "rules.yaml" in ran.json()["error"]["detail"]


@pytest.mark.usefixtures("home")
def test_costs_are_saved_and_bad_rows_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "costs.csv").write_text("id,cost\na,3.10\nb,3.10 USD\n")
    saved = run("import", "costs", "costs.csv", "--json").json()
    assert (saved["saved"], saved["left_out"], saved["issues"][0]["line"]) == (1, 1, 3)
    assert "3.10 USD" in run("import", "costs", "costs.csv").out
    (tmp_path / "costs.csv").write_text("id,cost\nb,free\n")
    assert run("import", "costs", "costs.csv").code == 1
