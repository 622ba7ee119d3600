"""What is kept of an e-mail's texts, how long, and that nobody can tell from the answers."""

from __future__ import annotations

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st

from evals.draft import Block
from evals.guard import check_block, check_message
from evals.passage import Passage, passage_of
from evals.snapshot import PersonFacts, Snapshot
from evals.text import keeping
from evals.text.keeping import kept_when_met_again, once
from evals.world import world_of
from tests.kit.messages import message
from tests.kit.snapshots import MUG, snapshot


class Counted:
    def __init__(self, start: int) -> None:
        self.start = start
        self.asked = 0

    @once
    def found(self) -> int:
        """What was found."""
        self.asked += 1
        return self.start * 2


def test_what_is_found_out_once_is_each_objects_own() -> None:
    one, other = Counted(1), Counted(2)
    assert (one.found, other.found, one.found) == (2, 4, 2)
    assert (one.asked, other.asked) == (1, 1)
    assert Counted.found.__doc__ == "What was found."


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_what_is_kept_for_those_who_ask_again_is_what_they_were_told_first(calls: list[tuple[int, int]]) -> None:
    asked: list[tuple[int, int]] = []

    @kept_when_met_again(maxsize=4)
    def product(one: int, other: int) -> str:
        asked.append((one, other))
        return str(one * other)

    assert [product(*call) for call in calls] == [str(one * other) for one, other in calls]


def test_a_first_call_leaves_nothing_behind_and_a_second_one_its_answer() -> None:
    @kept_when_met_again(maxsize=4)
    def letters(word: str) -> frozenset[str]:
        return frozenset(word)

    assert letters("teapot") is not letters("teapot")
    assert letters("teapot") is letters("teapot")


def test_of_more_calls_than_are_remembered_each_is_answered() -> None:
    @kept_when_met_again(maxsize=4)
    def double(number: int) -> int:
        return number * 2

    many = range(keeping.MET + 2)
    assert [double(number) for number in many] == [number * 2 for number in many]


def _opening_in(world: Snapshot) -> Passage:
    return passage_of(world_of(world), "opening", "opening", "A quiet week in the shop.", None)


def test_the_blocks_of_an_email_are_read_once_until_it_is_finished() -> None:
    world = snapshot(products=(MUG,))
    passage = _opening_in(world)
    assert check_block(world, Block(name="opening", text="A quiet week in the shop."))
    assert _opening_in(world) is passage
    assert not [verdict for verdict in check_message(world, message()) if verdict.holds_back]
    assert _opening_in(world) is not passage


def test_whom_a_finished_email_was_about_is_forgotten_with_it() -> None:
    private = {"address": "5 Quorbix Lane, Zebulonia ZX9 4QV", "last_name": "Vexplore", "email": "v@mailbox.example"}
    person = PersonFacts(first_name="Zebulonia", private=private)
    about = [snapshot(products=(MUG,), person=person, other_titles=(str(number),)) for number in range(3)]
    worlds = [weakref.ref(world_of(world)) for world in about]
    for world in about:
        told = check_block(world, Block(name="opening", text="Miss Vexplore of 5 Quorbix Lane, a quiet week."))
        assert [verdict for verdict in told if verdict.rule == "pii.leak" and verdict.holds_back]
        assert not [verdict for verdict in check_message(world, message()) if verdict.holds_back]
    del about, world, person, told
    gc.collect()
    assert [world() for world in worlds] == [None, None, None]


def test_what_is_read_of_a_text_that_comes_again_is_kept_but_not_with_the_persons_name() -> None:
    def read_again_and_again(text: str) -> bool:
        worlds = [world_of(snapshot(person=PersonFacts(first_name="Zebulonia"))) for _ in range(3)]
        readings = [Passage("opening", "opening", text, world).reading for world in worlds]
        return readings[1] is readings[2]

    assert read_again_and_again("A few picks that are new on our shelf")
    assert not read_again_and_again("Zebulonia, a few picks for you")


def test_the_blocks_of_an_email_that_is_held_back_stay_at_hand() -> None:
    world = snapshot(products=(MUG,))
    passage = _opening_in(world)
    assert [verdict for verdict in check_message(world, b"Subject: half\r\n\r\n") if verdict.holds_back]
    assert _opening_in(world) is passage


def test_of_so_many_emails_in_the_making_the_oldest_are_read_anew() -> None:
    worlds = [snapshot(products=(MUG,)) for _ in range(200)]
    passages = [_opening_in(world) for world in worlds]
    assert _opening_in(worlds[-1]) is passages[-1]
    assert _opening_in(worlds[0]) is not passages[0]
    assert _opening_in(worlds[0]).tokens == passages[0].tokens


def test_the_numbers_of_a_text_are_read_by_what_each_customer_knows_however_often_it_comes() -> None:
    text = "The Kettle 1200 pours well, and 1200 of them went out."
    knows = world_of(snapshot(other_titles=("Kettle 1200",)))
    does_not = world_of(snapshot())
    for _ in range(5):
        numbers = [
            [item.start for item in Passage("opening", "opening", text, world).quantities]
            for world in (knows, does_not)
        ]
        assert numbers == [[text.rindex("1200")], [text.index("1200"), text.rindex("1200")]]
