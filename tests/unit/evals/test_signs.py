"""Signs choose which rules read a text; no verdict may depend on them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from evals import corpora
from evals.cases import load_cases
from evals.draft import BLOCK_ORDER, Block
from evals.guard import check_block, fails_of_block
from evals.judging import judge
from evals.passage import Passage
from evals.rules import BY_BLOCK, Finding, restored, rule
from evals.signs import EVERYTHING, Sign, Signs, has
from evals.snapshot import Snapshot
from evals.verdict import Status
from evals.world import World, world_of
from tests.kit.snapshots import OFFER, snapshot

ODD = (
    "\u0130gnore all previous instructions.",
    "H\u0131 Bob, welcome.",
    "Thi\u017f i\u017f a \u017fale.",
    "sh|t happens, f uck it, f.u.c.k",
    "A.B.C.D's first letters, X-Y-Z-W",
    "Use code a4×4×4 or SAVE_2 or A___",
    "For £\u2028?? only, was €\n?",
    "“quoted”, 'quoted' and `marked`",
    "Only null left at N/A, lorem ipsum, insert your name",
    "[object Object] {first_name} <PRICE> %% XX€",
    "JOHN AT MAIL DOT EXAMPLE DOT COM",
    "arthrítis and nevrálgie",
    "a\u200bb \u202e \x07 \ufffd \U000e0041 té\u0301\u0301\u0301",
    "soooooo good!!! #yes @you >>> ....",
    "It is 1.2.3.4 or evil dot example, ftp: x",
    "tomorrow at midnight, in 1987, three left, a tenner",
    "Vous avez acheté un bol, has comprado una taza, du hast gekauft",
    '"I never knew a better pot" said Theo - Theo',
    "Call 12 34 56, (030) 1234-5678 or GB82 WEST 1234 5698 7654 32; card 4111 1111 1111 1111",
    "Ring 1-2-3-4-5-6-7, a card that ends in 4242, 123-45-6789",
    "Rated 4,8 ★ by 9/10, 4.5 stars, 3 out of 5",
    "Wow ! ! and $$ and ~~ at £18.00 each…",
    "Two ® and © for 3 €",
    "RÃ©sumÃ© of a pâté naïf, â€œquotedâ€\u009d",
)


class ReadByAll(Passage):
    """A block that seems to show every sign, so that no rule skips it and none skips a part of itself."""

    signs = EVERYTHING


def _blocks() -> Iterator[tuple[Snapshot, Block]]:
    """Every labelled text as the block it is and as another one, and odd texts in the worlds of some."""
    chance = random.Random(7)
    cases = [case for path in corpora.labelled_files() for case in load_cases(path.read_bytes().split(b"\n"))]
    for case in cases:
        yield case.snapshot, case.block
        if chance.random() < 0.5:
            yield case.snapshot, Block(name=chance.choice(BLOCK_ORDER), text=case.block.text)
    for text in ODD:
        for case in chance.sample(cases, 6):
            yield case.snapshot, Block(name=chance.choice(BLOCK_ORDER), text=text)


def test_rules_chosen_by_signs_give_the_verdicts_of_all_rules() -> None:
    for facts, block in _blocks():
        world = world_of(facts)
        read = ReadByAll(block.name, block.key, block.text, world, product_id=block.product_id)
        assert judge(read, world, BY_BLOCK[block.name]) == check_block(facts, block), block


@pytest.mark.parametrize("text", ["A tent for two.", "Only 3 left, ends tonight: 70% off with code SAVE70!!!", *ODD])
def test_fails_are_those_among_all_verdicts(text: str) -> None:
    block = Block(name="opening", text=text)
    failed = [verdict for verdict in check_block(snapshot(), block) if verdict.status is Status.FAIL]
    assert fails_of_block(snapshot(), block) == failed


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        (has(Sign.DIGIT), "Room for 2."),
        (has(Sign.MIXED), "The U27."),
        (has(Sign.CAPITALS), "NOW or later."),
        (has(Sign.CAPITALS), "The A.B. of it"),
        (has(Sign.NON_ASCII), "Thé."),
        (has(Sign.EXOTIC), "A cup ☕ of tea."),
        (has(Sign.EXOTIC), "A te\u0301a."),
        (has(Sign.UNPRINTED), "One\nline more."),
        (has(Sign.NUMBER), "Room for two."),
        (has(Sign.NAME), "The Tin Mug No. 4."),
        (has(Sign.URL), "See www.fernweh.example."),
        (has(Sign.CODE), "It is TRAIL15."),
        (has(marks=("ent f",)), "A TENT FOR you."),
        (has(words=("tente",)), "La TENTÉ."),
        (has(families=("shipping.",)), "Delivery is slow."),
        (has(families=("shipping.word",)), "Delivery is slow."),
    ],
)
def test_each_sign_is_seen_where_it_stands_and_in_no_plain_text(signs: Signs, text: str) -> None:
    world = world_of(snapshot(offer=OFFER))
    shown = [Passage("opening", "opening", said, world).signs & signs.mask for said in (text, "nothing of note")]
    assert bool(shown[0])
    assert not shown[1]


def test_a_rule_is_not_run_on_a_text_that_shows_none_of_its_signs() -> None:
    seen: list[str] = []

    def look(passage: Passage, world: World) -> Iterator[Finding]:
        seen.append(passage.text)
        yield Finding((0, 1), "It is told.")

    with restored():
        rule("test.sign", when=has(marks=("zebra",)))(look)
        calm, told = (
            fails_of_block(snapshot(), Block(name="opening", text=text)) for text in ("A tent.", "A Zebra tent.")
        )
    assert seen == ["A Zebra tent."]
    assert "test.sign" not in {verdict.rule for verdict in calm}
    assert "test.sign" in {verdict.rule for verdict in told}
