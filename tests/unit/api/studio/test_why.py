"""Why an e-mail says what it says, told from its record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.studio.arm_words import DIMENSIONS, arm_words, dimension_words
from api.studio.grounds import Grounds
from api.studio.reasons import CHANGES, PICKS, block_title, failed_call, pick_kind, why_left
from api.studio.why import Why, event_ids, marked, why_of
from catalog.model import PickKind
from composer.finish import Finished
from composer.shown import Change
from evals.verdict import Status, Verdict
from memory.account.model import Source
from tests.kit.experiments import make_experiment
from tests.kit.writers import BrokenWriter, ScriptedWriter
from tests.unit.composer.test_finish_and_replay import finished

pytestmark = pytest.mark.anyio

MARCH = datetime(2026, 3, 3, tzinfo=UTC)
SOURCE = Source(
    event="Order Completed", at=MARCH, received_at=MARCH, via="sent by the shop's systems", message_id="e-1"
)
WRONG = "Sencha from Shizuoka, Japan, for £3.00."
RIGHT = "Sencha from Shizuoka, Japan, with a soft sweetness at the end."


async def made(*says: dict[str, str]) -> Finished:
    """`says`: what the model says in each round."""
    return await finished([ScriptedWriter(lambda key, round_: says[round_].get(key), rounds=len(says))])


def why(one: Finished, *, full: bool = True) -> Why:
    return why_of(one.result, one.record, {"e-1": SOURCE}, full=full)


async def test_each_sentence_leads_to_what_it_rests_on() -> None:
    told = why(await made({"subject": "Green tea for quiet mornings", "pitch:sencha": RIGHT}))
    assert [ground.number for ground in told.grounds] == list(range(1, len(told.grounds) + 1))
    lines = {line.key: line for line in told.lines}
    [pitch] = lines["pitch:sencha"].sentences
    assert pitch.text == RIGHT
    assert "Sencha 100 g" in {told.grounds[number - 1].text for number in pitch.grounds}
    assert "£12.50" in told.grounds[pitch.grounds[0] - 1].note
    assert lines["pitch:sencha"].about == "Sencha 100 g"


async def test_facts_tell_where_they_came_from_and_what_may_be_done_with_them() -> None:
    told = why(await made({}))
    facts = {ground.text: ground for ground in (*told.grounds, *told.silent) if ground.kind == "Remembered"}
    bought = facts["You bought the Gyokuro 50 g on 31 October 2026."]
    assert bought.origins == ("Order Completed, 3 Mar 2026, sent by the shop's systems",)
    assert bought.say in {"May be said", "In general words only", "Steers only, never said"}
    assert not any(ground.number for ground in told.silent)


async def test_a_viewer_reads_in_outline_what_the_text_rests_on_and_nothing_else() -> None:
    one = await made({"pitch:sencha": RIGHT})
    assert why(one).silent
    told = why(one, full=False)
    assert told.silent == ()
    assert {ground.number for ground in told.grounds} == {ground.number for ground in why(one).grounds}

    search = one.record.task.snapshot.facts[0].model_copy(
        update={"id": "search:1", "kind": "search", "text": "You searched for “gout tea”."}
    )
    sensitive = search.model_copy(update={"id": "trait:1", "kind": "trait", "text": "You have gout.", "use": False})
    snapshot = one.record.task.snapshot.model_copy(update={"facts": (search, sensitive)})
    for full, secret in ((True, True), (False, False)):
        grounds = Grounds(snapshot, {}, full=full)
        for fact in snapshot.facts:
            grounds.number(fact.id)
        assert ["gout" in ground.text for ground in grounds.used] == [secret, secret]


async def test_every_event_that_is_told_is_asked_for() -> None:
    one = await made({})
    assert "e-1" in event_ids(one.result, one.record)


async def test_a_text_that_was_held_back_is_shown_with_what_was_wrong_in_it() -> None:
    told = why(await made({"pitch:sencha": WRONG}, {"pitch:sencha": RIGHT}))
    [held] = [one for one in told.held if one.about == "Sencha 100 g"]
    assert "".join(piece.text for piece in held.pieces) == WRONG
    assert [piece.text for piece in held.pieces if piece.marked] == ["£3.00"]
    assert [finding.rule for finding in held.findings] == ["a price that is not the product's"]
    assert held.findings[0].against
    [pitch] = [line for line in told.lines if line.key == "pitch:sencha"]
    assert (pitch.rung, pitch.why) == ("reask", "An earlier text was held back: a price that is not the product's.")


async def test_the_same_text_offered_twice_is_shown_once() -> None:
    told = why(await made({"pitch:sencha": WRONG}, {"pitch:sencha": WRONG}))
    assert [one.times for one in told.held] == [2]


async def test_what_goes_out_is_not_among_what_was_held_back() -> None:
    assert why(await made({"pitch:sencha": RIGHT})).held == ()


async def test_a_call_that_failed_says_why() -> None:
    one = await finished([BrokenWriter("model_timeout")])
    assert {call.failed for call in why(one).calls} == {"The model took too long."}


async def test_the_name_is_filled_in_as_the_reader_gets_it() -> None:
    told = why(await made({"subject": "Green tea for quiet mornings, {first_name}"}))
    [subject] = [line for line in told.lines if line.key == "subject"]
    assert subject.sentences[0].text == "Green tea for quiet mornings, Maeve"
    assert "Their first name" in {ground.text for ground in subject.grounds}


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_marking_loses_no_character_and_marks_only_what_was_found(text: str, spans: list[tuple[int, int]]) -> None:
    verdicts = [
        Verdict(rule="price.wrong", status=Status.FAIL, block="opening", span=span, found=text[slice(*span)])
        for span in spans
    ]
    pieces = marked(text, verdicts)
    assert "".join(piece.text for piece in pieces) == text
    covered = {place for start, end in spans for place in range(start, min(end, len(text)))}
    assert sum(len(piece.text) for piece in pieces if piece.marked) == len(covered)


def test_what_a_new_shop_shows_of_all_its_catalog_does_not_fit_a_brief() -> None:
    told = "spread: the shop has sold next to nothing yet"
    assert pick_kind("theme", [told]) == pick_kind("spread") == "A taste of the catalog"
    assert pick_kind("theme", ["theme: fits “gifts” of the brief"]) == "Fits the brief"
    assert pick_kind("theme") == PICKS["theme"]


def test_every_code_of_the_rooms_has_words() -> None:
    assert set(PICKS) == set(get_args(PickKind))
    assert set(get_args(Change)) <= set(CHANGES)
    assert block_title("subject+preheader") == "Subject and Preview line"
    assert why_left("model_timeout") == failed_call("model_timeout") == "The model took too long."


async def test_what_was_wrong_with_one_block_is_not_told_of_another() -> None:
    one = await made({"pitch:sencha": WRONG, "pitch:kettle": WRONG}, {"pitch:sencha": RIGHT})
    only = [verdict for verdict in one.result.verdicts if verdict.block == "pitch:sencha"]
    told = why_of(one.result.model_copy(update={"verdicts": only}), one.record, {}, full=True)
    assert [bool(held.findings) for held in told.held] == [True, False]


async def test_every_thing_that_was_drawn_is_told_in_words_with_its_chance() -> None:
    one = await finished([], subjects=["question"])
    draws = {draw.title: draw for draw in why(one).told.draws}
    assert list(draws) == [title for title in DIMENSIONS.values() if title in draws]
    assert draws.keys() >= {"Told as", "Tone", "Length", "Subject", "Button", "Products", "Offer"}
    assert "Products left to chance" not in draws
    assert draws["Subject"].what == "A question"
    assert (draws["Subject"].chance, draws["Subject"].among) == (1.0, 1)
    assert draws["Tone"].chance == pytest.approx(1 / draws["Tone"].among)
    assert draws["Products"].what.endswith("products")
    assert draws["Offer"].what == "None"


async def test_where_a_text_came_out_otherwise_than_drawn_it_is_said() -> None:
    told = ScriptedWriter(lambda key, round_: {"subject": "Green tea for quiet mornings"}.get(key))
    draws = {draw.title: draw for draw in why(await finished([told], subjects=["question"])).told.draws}
    assert draws["Subject"].note == "It became: plain."
    assert draws["Tone"].note == ""


async def test_an_e_mail_that_was_decided_as_a_whole_is_told_as_before() -> None:
    one = await finished()
    old = one.record.model_copy(update={"decision": {"arms": 12, "probability": 1 / 12, "offer": None}})
    told = why_of(one.result, old, {}, full=True).told
    assert (told.draws, told.arms, told.probability) == ((), 12, 1 / 12)


@given(st.sampled_from([*DIMENSIONS, "moon"]), st.text(max_size=20))
def test_an_arm_that_nobody_gave_words_is_told_by_its_name(dimension: str, arm: str) -> None:
    assert dimension_words(dimension)
    assert isinstance(arm_words(dimension, arm), str)


@pytest.mark.parametrize(
    ("known", "fell_back", "does", "why_not"),
    [
        (True, "", "Tone, length and the like evenly, by chance", ""),
        (True, "model_gone", "Tone, length and the like evenly, by chance", "not named in the settings"),
        (False, "", "", ""),
    ],
)
async def test_the_arm_of_an_experiment_is_told_in_words(known: bool, fell_back: str, does: str, why_not: str) -> None:
    one = await made({})
    arm = {"experiment": "exp_1", "variant": "b", "fell_back": fell_back}
    experiment = make_experiment() if known else None
    told = why_of(one.result.model_copy(update=arm), one.record, {}, full=True, experiment=experiment).tried
    assert told is not None
    assert (told.name, told.arm, told.does) == ("Even draws" if known else "exp_1", "b", does)
    assert why_not in told.fell_back
    assert bool(told.fell_back) == bool(why_not)
    assert why(one).tried is None
