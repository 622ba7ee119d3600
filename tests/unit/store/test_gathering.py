"""Groups of those who ask at once: nobody is left out, nobody is served twice, nobody pays for another's mistake."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import clock
from store.errors import InvalidInput, Unavailable
from store.gathering import Gathering, Sort

pytestmark = pytest.mark.anyio


class Capitals:
    """Serves words in capitals, and notes its groups; holds each group back until it is let go."""

    def __init__(self, *, held: bool = False) -> None:
        self.groups: list[list[str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.go = asyncio.Event()
        if not held:
            self.go.set()

    async def __call__(self, words: Sequence[str]) -> list[str]:
        self.groups.append(list(words))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go.wait()
            await asyncio.sleep(0)
            if "broken" in words:
                raise InvalidInput("One of them is broken.")
            if "gone" in words:
                raise Unavailable("The database is gone.")
            return [word.upper() for word in words]
        finally:
            self.at_once -= 1


def by_letter(word: str) -> Sort:
    """Words of one first letter go together, and none twice in a group."""
    return Sort(word[:1], word)


def gathering(serve: Capitals, *, most: int = 10, lanes: int = 1) -> Gathering[str, str]:
    return Gathering(serve, by_letter, most=most, lanes=lanes)


async def asked(one: Gathering[str, str], words: Sequence[str]) -> list[str | BaseException]:
    return await asyncio.gather(*(one.ask(word) for word in words), return_exceptions=True)


async def test_who_asks_alone_is_served_alone_and_at_once() -> None:
    serve = Capitals()
    one = gathering(serve)
    assert [await one.ask("a1"), await one.ask("a2")] == ["A1", "A2"]
    assert serve.groups == [["a1"], ["a2"]]


async def test_who_comes_while_another_is_served_is_served_with_all_who_did() -> None:
    serve = Capitals()
    assert await asked(gathering(serve), ["a1", "a2", "a3", "a4"]) == ["A1", "A2", "A3", "A4"]
    assert serve.groups == [["a1"], ["a2", "a3", "a4"]]


async def test_a_group_is_of_one_kind_has_nobody_twice_and_is_no_larger_than_it_may_be() -> None:
    serve = Capitals()
    words = ["a0", "a1", "b1", "a2", "a1", "a3"]
    assert await asked(gathering(serve, most=2), words) == [word.upper() for word in words]
    assert serve.groups == [["a0"], ["a1", "a2"], ["b1"], ["a1", "a3"]]


async def test_as_many_groups_as_there_are_lanes_are_served_at_a_time() -> None:
    serve = Capitals()
    await asked(gathering(serve, most=2, lanes=3), [f"a{number}" for number in range(20)])
    assert serve.most_at_once == 3


async def test_what_is_wrong_with_one_is_its_own_matter() -> None:
    one = gathering(Capitals())
    first, good, broken, other = await asked(one, ["b0", "b1", "broken", "b2"])
    assert (first, good, other) == ("B0", "B1", "B2")
    assert isinstance(broken, InvalidInput)


async def test_a_database_that_is_gone_is_asked_once_for_all_of_them() -> None:
    serve = Capitals()
    answers = await asked(gathering(serve), ["g0", "g1", "gone", "g2"])
    assert answers[0] == "G0"
    assert all(isinstance(answer, Unavailable) for answer in answers[1:])
    assert len(serve.groups) == 2


async def test_who_goes_away_while_waiting_is_not_served_and_nobody_waits_for_them() -> None:
    serve = Capitals(held=True)
    one = gathering(serve)
    tasks = [asyncio.create_task(one.ask(word)) for word in ("a1", "a2", "a3")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[0].cancel()
    await asyncio.sleep(0)
    serve.go.set()
    assert await tasks[2] == "A3"
    # The first was being served already: it is served to its end.
    assert serve.groups == [["a1"], ["a3"]]


async def test_a_group_sees_the_clock_of_who_asked_first() -> None:
    seen: list[datetime] = []

    async def serve(words: Sequence[str]) -> list[str]:
        await asyncio.sleep(0)
        seen.append(clock.now())
        return list(words)

    one = Gathering(serve, by_letter, most=5)
    moments = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2)]

    async def at(moment: datetime, word: str) -> str:
        with clock.frozen_at(moment):
            return await one.ask(word)

    await asyncio.gather(at(moments[0], "a1"), at(moments[1], "b1"))
    assert seen == moments


async def test_who_was_beside_somebody_wrong_is_served_by_their_own_clock() -> None:
    seen: dict[str, datetime] = {}

    async def serve(words: Sequence[str]) -> list[str]:
        await asyncio.sleep(0)
        if len(words) > 1:
            raise InvalidInput("One of them is broken.")
        seen[words[0]] = clock.now()
        return list(words)

    one = Gathering(serve, by_letter, most=5)
    moments = {f"a{day}": datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3)}

    async def at(moment: datetime, word: str) -> str:
        with clock.frozen_at(moment):
            return await one.ask(word)

    await asyncio.gather(*(at(moment, word) for word, moment in moments.items()))
    assert seen == moments


async def test_who_takes_long_alone_keeps_nobody_of_those_they_were_with() -> None:
    go = asyncio.Event()

    async def serve(words: Sequence[str]) -> list[str]:
        await asyncio.sleep(0)
        if "a-slow" in words and len(words) > 1:
            raise InvalidInput("Too slow for all of them.")
        if "a-slow" in words:
            await go.wait()
        return list(words)

    one = Gathering(serve, by_letter, most=9, lanes=2)
    first, second, slow, *others = [
        asyncio.create_task(one.ask(word)) for word in ("a1", "a2", "a-slow", "a3", "a4", "a5")
    ]
    assert await asyncio.gather(first, second, *others) == ["a1", "a2", "a3", "a4", "a5"]
    assert not slow.done()
    go.set()
    assert await slow == "a-slow"


@settings(deadline=None, max_examples=60)
@given(
    words=st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "broken", "c1"]), max_size=25),
    most=st.integers(1, 4),
    lanes=st.integers(1, 3),
)
def test_everybody_gets_their_own_answer_whatever_comes_together(words: list[str], most: int, lanes: int) -> None:
    async def run() -> tuple[list[str | BaseException], Capitals]:
        serve = Capitals()
        return await asked(gathering(serve, most=most, lanes=lanes), words), serve

    answers, serve = asyncio.run(run())
    for word, answer in zip(words, answers, strict=True):
        assert isinstance(answer, InvalidInput) if word == "broken" else answer == word.upper()
    assert all(len(group) <= most and max(Counter(group).values()) == 1 for group in serve.groups)
    assert all(len({word[:1] for word in group}) == 1 for group in serve.groups)
