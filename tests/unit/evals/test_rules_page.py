"""The page that explains the rules names each of them, and none that is gone."""

from __future__ import annotations

import re
from pathlib import Path

from evals.checks import ALL

PAGE = Path(__file__).parents[3] / "docs" / "guardrails" / "rules.md"


def test_every_rule_has_a_row_and_every_row_a_rule() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rules = [rule.id for rule in ALL]
    assert not set(rules) - set(rows), "give these their row in docs/guardrails/rules.md"
    assert sorted(rows) == sorted(rules)
