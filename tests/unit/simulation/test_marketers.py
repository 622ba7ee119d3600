"""Who decides what is sent, without Penfriend: they know what the shop has heard, and no more."""

from __future__ import annotations

import anyio
import numpy as np

from composer.simulation.dice import Dice
from composer.simulation.happening import Happened, Journal
from composer.simulation.life import Lives
from composer.simulation.marketers import VARIANTS, OneForAll, Oracle, Segments
from composer.simulation.people import People
from composer.simulation.response import relevance
from composer.simulation.shelf import Shelf
from composer.simulation.world import START, WEEK, World
from prompts.library import Library

WORLD = World.of(customers=40, weeks=6, products=64)
SHELF = Shelf(WORLD, 1)


def bought(customer: int, product: int, times: int = 1, week: int = 0) -> list[Happened]:
    journal = Journal(SHELF, customer, week)
    for _ in range(times):
        journal.ordered(START + week * WEEK, product, guest=False)
    return journal.happened


def test_one_text_for_all_is_the_same_for_all_and_shows_what_sells() -> None:
    marketer = OneForAll(SHELF)

    async def told() -> None:
        await marketer.hear([one.message for one in bought(0, 5, times=4) + bought(1, 9, times=2)], START + WEEK)
        letters = await marketer.mail(1, [0, 1, 2])
        assert {(letter.products, tuple(letter.arms.items())) for letter in letters} == {
            (letters[0].products, tuple(letters[0].arms.items()))
        }
        assert letters[0].products[:2] == (5, 9)

    anyio.run(told)


def test_a_message_that_comes_twice_counts_once() -> None:
    marketer = OneForAll(SHELF)

    async def told() -> None:
        once, twice = bought(0, 5), bought(1, 9, times=2)
        await marketer.hear([one.message for one in once * 3 + twice], START + WEEK)
        assert (await marketer.mail(1, [0]))[0].products[0] == 9

    anyio.run(told)


def test_segments_show_each_its_own_and_write_in_few_ways() -> None:
    marketer = Segments(SHELF)
    lamps, clocks = 1, 8

    async def told() -> None:
        orders = [order for one in range(10) for order in bought(one, lamps if one < 5 else clocks)]
        await marketer.hear([one.message for one in orders], START + WEEK)
        letters = await marketer.mail(1, range(40))
        shown = {letter.customer: letter.products[0] for letter in letters}
        assert {shown[one] for one in range(5)} == {lamps}
        assert {shown[one] for one in range(5, 10)} == {clocks}
        assert all(letter.arms in VARIANTS for letter in letters)
        assert len({letter.products for letter in letters}) <= 5

    anyio.run(told)


def test_segments_go_over_to_the_variant_that_is_clicked() -> None:
    marketer = Segments(SHELF)

    async def told() -> None:
        for week in range(Segments.trials):
            letters = await marketer.mail(week, range(40))
            journal = Journal(SHELF, 0, week)
            for letter in letters:
                if letter.arms == VARIANTS[2]:
                    journal.mailed(letter.sent_at, "Email Link Clicked", letter)
            await marketer.hear([one.message for one in journal.happened], START + (week + 1) * WEEK)
        later = await marketer.mail(Segments.trials, range(40))
        assert sum(letter.arms == VARIANTS[2] for letter in later) >= 34

    anyio.run(told)


def test_nobody_can_do_better_than_the_oracle() -> None:
    people = People(WORLD, SHELF, 1)
    lives = Lives(WORLD, SHELF, people, Dice(WORLD, 1))
    oracle = Oracle(Library.load().flow("newsletter"), people, lives)

    async def told() -> None:
        for letter in await oracle.mail(2, range(8)):
            liked = lives.liked(letter.customer, 2)
            style = people.style(letter.customer, 2, letter.arms)
            best = relevance(liked[list(letter.products)], style).whole
            for arms in VARIANTS:
                draw = np.random.default_rng(letter.customer).permutation(len(SHELF))[:4]
                assert relevance(liked[draw], people.style(letter.customer, 2, arms)).whole <= best

    anyio.run(told)
