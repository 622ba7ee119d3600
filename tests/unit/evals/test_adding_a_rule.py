"""The guide to a new rule does what it says: its rule, run on its cases, gives their labels."""

from __future__ import annotations

import re
from pathlib import Path

from evals.checking import Answer, Checked, Checker
from evals.rules import RULES, restored, without

GUIDE = (Path(__file__).parents[3] / "docs/guardrails/adding-a-rule.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0]
CASES = re.findall(r"```jsonl\n(.*?)```", GUIDE, re.DOTALL)[0].encode().splitlines()
RULE = "greeting.hour"


def _answers() -> list[Answer | None]:
    found = list(Checker().check(CASES))
    assert all(isinstance(answer, Checked) for answer in found), found
    return [answer.answer for answer in found if isinstance(answer, Checked)]


def test_the_rule_of_the_guide_tells_its_cases_apart_and_is_needed_for_it() -> None:
    with restored():
        RULES.pop(RULE, None)  # Somebody may have followed the guide to the letter
        exec(CODE, {})
        assert _answers() == [Answer.CAUGHT, Answer.CAUGHT, Answer.SOUND, Answer.SOUND]
        with without(RULE):
            assert _answers() == [Answer.MISSED, Answer.MISSED, Answer.SOUND, Answer.SOUND]


def test_the_rule_of_the_guide_that_needs_facts_judges_by_them() -> None:
    fact = re.search(r"""Its cases give the facts: `("products": .*?\])`""", GUIDE)
    assert fact is not None
    with restored():
        RULES.pop("plant.toxic", None)
        exec(re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[1], {})
        line = CASES[0].decode().replace("Good evening, the rain has stopped.", "Your cat will love its leaves.")
        toxic = line.replace('"block"', f'{fact[1]}, "block"').replace("greeting.hour", "plant.toxic")
        safe, unknown = toxic.replace("false", "true"), toxic.replace("pet_safe", "height")
        german = toxic.replace("Your cat will love its leaves.", "Auch Katzen mögen sie.").replace("en-GB", "de-DE")
        found = list(Checker().check([text.encode() for text in (toxic, german, safe, unknown)]))
    rules = [one.rules for one in found if isinstance(one, Checked)]
    assert ["plant.toxic" in one for one in rules] == [True, True, False, False]


def test_the_guide_names_files_and_options_that_exist() -> None:
    root = Path(__file__).parents[3]
    named = set(re.findall(r"`((?:evals|tests)/[\w/.]+\.(?:py|jsonl))`", GUIDE))
    examples = {"evals/checks/greetings.py", f"evals/corpora/rules/{RULE}.jsonl"}
    assert {name for name in named if not (root / name).exists()} <= examples
