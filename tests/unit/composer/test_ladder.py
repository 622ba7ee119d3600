"""Whatever the writers offer, the ladder ends with sound blocks and says why each rung was left."""

from __future__ import annotations

import pytest

from composer.contract import Rung
from composer.deadline import Deadline
from composer.ladder import Climb, NoSafeText, climb
from composer.templates import BlockTemplates, draft_keys
from composer.timing import Stopwatch
from composer.writing import Writer
from evals.draft import Block
from evals.guard import check_block, check_draft
from tests.kit.factories import LIBRARY, make_task
from tests.kit.patience import PATIENCE_S
from tests.kit.writers import BrokenWriter, ScriptedWriter

TASK = make_task()
KEYS = draft_keys(TASK.snapshot)
SOUND = {
    "subject": "Green tea for quiet mornings",
    "opening": "Here are a few things from our shelves that go together well.",
    "pitch:sencha": "Sencha from Shizuoka, Japan, with a soft sweetness at the end.",
}
PRICE_LIE = "Sencha from Shizuoka, now only £3.99."

pytestmark = pytest.mark.anyio


class FixedTemplates:
    """Templates that say one thing for every block."""

    def __init__(self, text: str) -> None:
        self.text = text

    def block(self, key: str, variant: int) -> Block:
        """The same text, whatever the variant."""
        name, _, product_id = key.partition(":")
        return Block.model_validate({"name": name, "text": self.text, "product_id": product_id or None})


def templates() -> BlockTemplates:
    return BlockTemplates(LIBRARY.fallback(TASK.flow.name, "en-GB"), TASK, seed=7)


async def climbed(*writers: Writer, seconds: float = PATIENCE_S) -> Climb:
    return await climb(
        TASK, KEYS, writers=writers, templates=templates(), deadline=Deadline(seconds), watch=Stopwatch()
    )


async def test_sound_text_of_the_model_is_taken_as_it_is() -> None:
    state = await climbed(ScriptedWriter(lambda key, round_: SOUND.get(key)))
    for key, text in SOUND.items():
        assert state.placed[key].block.text == text
        assert (state.placed[key].rung, state.placed[key].reason) == (Rung.MODEL, "ok")


async def test_a_wrong_price_sends_only_its_own_block_to_the_template() -> None:
    offered = {**SOUND, "pitch:sencha": PRICE_LIE}
    state = await climbed(ScriptedWriter(lambda key, round_: offered.get(key)))
    pitch = state.placed["pitch:sencha"]
    assert pitch.rung is Rung.TEMPLATE_BLOCK
    assert pitch.reason in {"price.wrong", "discount.invented", "scarcity.invented"}
    assert "3.99" not in pitch.block.text
    assert state.placed["subject"].rung is Rung.MODEL


async def test_a_second_round_may_mend_what_the_first_got_wrong() -> None:
    writer = ScriptedWriter(
        lambda key, round_: SOUND.get(key) if round_ else {**SOUND, "pitch:sencha": PRICE_LIE}.get(key), rounds=2
    )
    state = await climbed(writer)
    assert state.placed["pitch:sencha"].rung is Rung.REASK
    assert state.placed["pitch:sencha"].reason != "ok"
    assert "pitch:sencha" in writer.asked[1][1]
    assert "subject" not in writer.asked[1][1]
    assert writer.notes[1]["pitch:sencha"]


async def test_what_one_model_cannot_write_is_asked_of_the_other() -> None:
    first = ScriptedWriter(lambda key, round_: PRICE_LIE if key == "pitch:sencha" else SOUND.get(key))
    second = ScriptedWriter(lambda key, round_: SOUND.get(key), name="second")
    state = await climbed(first, second)
    assert state.placed["pitch:sencha"].rung is Rung.OTHER_MODEL
    assert state.placed["subject"].rung is Rung.MODEL


async def test_a_model_that_is_down_is_asked_once_and_named_as_the_reason() -> None:
    writer = BrokenWriter("model_unreachable")
    state = await climbed(writer)
    assert len(writer.asked) == 1
    assert {placed.rung for placed in state.placed.values()} == {Rung.TEMPLATE_BLOCK}
    assert {placed.reason for placed in state.placed.values()} == {"model_unreachable"}


async def test_a_slow_model_is_cut_off_at_the_deadline() -> None:
    state = await climbed(ScriptedWriter(lambda key, round_: SOUND.get(key), delay=60), seconds=0.3)
    assert {placed.reason for placed in state.placed.values()} == {"deadline"}


async def test_without_time_no_model_is_asked() -> None:
    writer = ScriptedWriter(lambda key, round_: SOUND.get(key))
    state = await climbed(writer, seconds=0.01)
    assert writer.asked == []
    assert {placed.reason for placed in state.placed.values()} == {"deadline"}


async def test_blocks_a_writer_leaves_out_say_so() -> None:
    state = await climbed(ScriptedWriter(lambda key, round_: SOUND.get(key)))
    assert state.placed["cta"].reason == "not_offered"


async def test_the_same_sentence_in_two_blocks_does_not_go_out_twice() -> None:
    line = "Sencha from Shizuoka, Japan, with a soft sweetness at the end."
    state = await climbed(ScriptedWriter(lambda key, round_: line if key in {"opening", "pitch:sencha"} else None))
    texts = [placed.block.text for placed in state.placed.values()]
    assert texts.count(line) <= 1


async def test_every_block_and_the_draft_end_sound_even_for_garbage() -> None:
    garbage = ScriptedWriter(lambda key, round_: "[Your Name] 50% OFF!!! http://evil.example <b>now</b>", rounds=2)
    state = await climbed(garbage)
    for block in state.draft.blocks:
        assert not [verdict.rule for verdict in check_block(TASK.snapshot, block) if verdict.holds_back]
    assert not [verdict.rule for verdict in check_draft(TASK.snapshot, state.draft) if verdict.holds_back]


class ClashingTemplates:
    """Two variants of each block; the first ones of opening and closing say the same sentence."""

    def block(self, key: str, variant: int) -> Block:
        """Variant 0 clashes, variant 1 does not."""
        name, _, product_id = key.partition(":")
        clash = "These few things go together rather well." if name in {"opening", "closing"} else f"Plain {key} words."
        text = clash if variant == 0 else f"Another line for the {name} of this letter."
        return Block.model_validate({"name": name, "text": text, "product_id": product_id or None})


async def test_templates_that_clash_change_places_until_nothing_does() -> None:
    keys = ("subject", "preheader", "opening", "closing", "cta")
    state = await climb(
        TASK, keys, writers=(), templates=ClashingTemplates(), deadline=Deadline(PATIENCE_S), watch=Stopwatch()
    )
    texts = [state.placed[key].block.text for key in ("opening", "closing")]
    assert sorted(texts) != [texts[0], texts[0]]
    assert not [verdict for verdict in check_draft(TASK.snapshot, state.draft) if verdict.holds_back]


async def test_when_even_the_template_lies_nothing_is_sent() -> None:
    with pytest.raises(NoSafeText) as caught:
        await climb(
            TASK,
            KEYS,
            writers=(),
            templates=FixedTemplates("Everything 90% off with code FREE99."),
            deadline=Deadline(PATIENCE_S),
            watch=Stopwatch(),
        )
    assert caught.value.reason == "no_safe_text"
