"""A tiny shop from end to end: through the real memory, picks, decisions, facts and learner."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.bandit.learned import Lesson
from composer.bandit.posterior import learn_posterior
from composer.documents import Brief
from composer.simulation.happening import Journal
from composer.simulation.house import open_simulated
from composer.simulation.marketers import mailed_at
from composer.simulation.null_looks import of_lesson
from composer.simulation.nulls import Kind, NullWorld, run_null
from composer.simulation.personal import Personal
from composer.simulation.running import run_shop
from composer.simulation.shelf import Shelf
from composer.simulation.world import START, WEEK, World
from tests.kit.commands import run_command
from tests.kit.decisions import many, summed
from tests.kit.events import NOW

pytestmark = pytest.mark.anyio

TINY = World.of(customers=10, weeks=3, history_weeks=2, products=36, categories=6, visits=2.0, clicks=0.4)


async def test_a_seed_comes_to_the_same_each_time_and_writing_the_text_out_changes_none_of_it() -> None:
    [decided] = await run_shop(TINY, 1, ["learning"])
    [written] = await run_shop(TINY, 1, ["learning"], full=True)
    assert decided.emails > 20
    assert decided == written


async def test_marketers_come_to_different_things_in_the_same_shop() -> None:
    weeks: list[tuple[str, int]] = []
    found = await run_shop(
        TINY, 2, ["one_for_all", "segments", "even", "oracle"], progress=lambda arm, week: weeks.append((arm, week))
    )
    relevance = {one.arm: one.relevance for one in found}
    assert relevance["oracle"] > max(relevance["one_for_all"], relevance["segments"], relevance["even"])
    assert all(one.curve[0].number == 1 for one in found)
    assert weeks[:4] == [("one_for_all", 1), ("one_for_all", 2), ("one_for_all", 3), ("segments", 1)]


async def test_whoever_unsubscribed_gets_no_e_mail_though_they_are_asked_for(tmp_path: Path) -> None:
    shelf = Shelf(TINY, 1)
    async with open_simulated(tmp_path, shelf, Brief()) as house:
        marketer = Personal(house, shelf, 3)
        known = [Journal(shelf, one, -1) for one in range(3)]
        for journal in known:
            journal.joined(START - WEEK)
            for product in range(6):
                journal.viewed(START - WEEK, product)
        await marketer.hear([one.message for journal in known for one in journal.happened], START)
        first = await marketer.mail(0, [0, 1, 2])
        leaving = Journal(shelf, 1, 0)
        leaving.mailed(mailed_at(0), "Unsubscribed", first[1])
        await marketer.hear([one.message for one in leaving.happened], START + WEEK)
        assert [letter.customer for letter in first] == [0, 1, 2]
        assert [letter.customer for letter in await marketer.mail(1, [0, 1, 2])] == [0, 2]


@pytest.mark.parametrize(("kind", "customers"), [("no_effect", 120), ("nothing_to_learn", 260)])
async def test_where_there_is_nothing_to_find_nothing_is_found(kind: Kind, customers: int) -> None:
    world = NullWorld(customers=customers, weeks=1, history_weeks=1, orders=5.0, heavy=0.4)
    found = await run_null(kind, 3, world)
    assert (found.looks, found.found_on, found.untrue) == (7, None, ())
    assert found.told > 0
    assert found.verdict == "cannot_tell_yet"


async def test_of_ways_that_do_alike_none_is_called_the_best_on_any_day() -> None:
    found = await run_null("ways", 1, NullWorld())
    assert (found.looks, found.told, found.found_on) == (120, 120, None)


async def test_a_false_word_is_found_wherever_it_is_said() -> None:
    better = summed(many({"plain": 60, "warm": 300, "playful": 60}, 3_000))
    lesson = Lesson(learn_posterior(better, NOW, {}), "v1", better.emails, NOW)
    assert [*of_lesson(lesson)] == ["what was learned", "what was learned of a segment"]


def test_the_command_prints_the_same_report_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("simulate", "--seeds", 2, "--customers", 12, "--weeks", 2, "--arms", "one_for_all,segments", "--json")
    first, again = run_command(capsys, *asked), run_command(capsys, *asked)
    report = first.json()
    assert first.code == 0
    assert report == again.json()
    assert [arm["arm"] for arm in report["arms"]] == ["one_for_all", "segments"]
    assert report["differences"][0]["metrics"]["clicks"]["low"] is not None


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--customers", 1, "--customers"),
        ("--seeds", 0, "--seeds"),
        ("--set", "taste=strong", "--set taste"),
        ("--set", "tastes=1", "--set"),
        ("--arms", "everybody", "--arms"),
        ("--set", "clicks=nan", "--clicks"),
    ],
)
def test_what_makes_no_simulation_is_refused_by_its_name(
    capsys: pytest.CaptureFixture[str], option: str, value: object, said: str
) -> None:
    refused = run_command(capsys, "simulate", option, value, "--json")
    assert refused.code == 2
    assert refused.json()["error"]["pointer"] == said
    assert refused.json()["error"]["fix"]


def test_people_get_tables_curves_and_what_they_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    shown = run_command(
        capsys, "simulate", "--seeds", 1, "--customers", 12, "--weeks", 2, "--arms", "one_for_all,oracle"
    )
    assert shown.code == 0
    for said in ("one text for all", "− one text for all", "cannot tell", "after a click"):
        assert said in shown.out
