"""Writers over a model, without a network."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence

import pytest

from composer.asking import PromptStyle
from composer.block_style import BlockStyle
from composer.json_style import JsonStyle
from composer.model_client import ModelError
from composer.model_writer import ModelWriter
from composer.writing import WriteOutcome, WriteTask
from evals.snapshot import OrderFact
from evals.verdict import Status, Verdict
from prompts.environment import needs_number
from prompts.model import Flow
from tests.kit.factories import LIBRARY, make_task
from tests.kit.models import Asked, ScriptedClient
from tests.kit.patience import PATIENCE_S

KEYS = ("subject", "preheader", "opening", "pitch:sencha", "pitch:kettle", "pitch:cup", "closing", "cta")
BLOCKS = BlockStyle(LIBRARY, samples=1)
JSON = JsonStyle(LIBRARY)
PITCHES = {
    "Sencha": "The Sencha 100 g is a bright, grassy green tea from Shizuoka.",
    "Copper Kettle": "The Copper Kettle has a slim spout that pours a steady line.",
    "Slate Cup": "The Slate Cup has an unglazed foot and a dark slate finish.",
}


def echo(asked: Asked) -> str:
    """What a good small model says: the pitch of the product asked for, else a line that names it."""
    name = next(name for name in PITCHES if name in asked.question)
    return PITCHES[name] if "Note:" in asked.question else f"We begin with the {PITCHES[name].split(' is ')[0][4:]}"


def as_email(asked: Asked) -> str:
    assert asked.schema is not None
    return json.dumps({name: f"A line for {name}." for name in asked.schema["properties"]})


async def write(
    client: ScriptedClient,
    style: PromptStyle,
    *,
    task: WriteTask | None = None,
    keys: Sequence[str] = KEYS,
    round_: int = 0,
    notes: Mapping[str, Sequence[Verdict]] | None = None,
    seconds: float = PATIENCE_S,
) -> WriteOutcome:
    writer = ModelWriter(client, style, name="test", rounds=2)
    until = asyncio.get_running_loop().time() + seconds
    return await writer.write(task or make_task(), keys, round_=round_, notes=notes or {}, until=until)


class TestBlockStyle:
    async def test_it_offers_the_blocks_a_small_model_can_write_and_no_other(self) -> None:
        outcome = await write(ScriptedClient(echo), BLOCKS)
        assert {candidate.key for candidate in outcome.candidates} <= {
            "subject", "opening", "pitch:sencha", "pitch:kettle", "pitch:cup",
        }  # fmt: skip
        assert {key for attempt in outcome.attempts for key in attempt.keys}.isdisjoint({"preheader", "closing", "cta"})

    async def test_each_pitch_is_asked_about_its_own_product(self) -> None:
        outcome = await write(ScriptedClient(echo), BLOCKS, keys=["pitch:kettle", "pitch:cup"])
        assert {candidate.key: candidate.text for candidate in outcome.candidates} == {
            "pitch:kettle": PITCHES["Copper Kettle"],
            "pitch:cup": PITCHES["Slate Cup"],
        }

    async def test_a_line_that_drifts_is_kept_in_the_record_but_not_offered(self) -> None:
        client = ScriptedClient(lambda asked: "The Copper Kettle is made of solid gold.")
        outcome = await write(client, BLOCKS, keys=["pitch:kettle"])
        assert outcome.candidates == ()
        (attempt,) = outcome.attempts
        assert (attempt.error, attempt.raw) == ("not_offered", "The Copper Kettle is made of solid gold.")
        assert "gold" in attempt.detail

    async def test_a_line_cut_off_by_the_token_limit_is_not_offered(self) -> None:
        client = ScriptedClient(lambda asked: "The Copper Kettle has a slim", finish_reason="length")
        assert (await write(client, BLOCKS, keys=["pitch:kettle", "subject"])).candidates == ()

    async def test_the_same_task_draws_the_same_calls_and_another_round_draws_others(self) -> None:
        calls = []
        for round_ in (0, 0, 1):
            client = ScriptedClient(echo)
            await write(client, BLOCKS, keys=["opening"], round_=round_)
            calls.append((client.asked[0].seed, client.asked[0].temperature))
        assert calls[0] == calls[1]
        assert calls[0][0] != calls[2][0]
        assert (calls[0][1] or 0) < (calls[2][1] or 0)

    async def test_each_sample_is_a_call_with_a_seed_of_its_own(self) -> None:
        client = ScriptedClient(echo)
        await write(client, BlockStyle(LIBRARY, samples=3), keys=["pitch:cup"])
        assert len({asked.seed for asked in client.asked}) == 3

    async def test_two_pitches_of_an_email_are_not_asked_for_in_the_same_turn_of_phrase(self) -> None:
        task = make_task()
        about = "A wide dish that holds bread for six and doubles as a tray."
        alike = tuple(product.model_copy(update={"description": about}) for product in task.snapshot.products)
        task = task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"products": alike})})
        client = ScriptedClient(echo)
        await write(client, BLOCKS, task=task, keys=["pitch:sencha", "pitch:kettle", "pitch:cup"])
        shown = ["".join(message.content for message in asked.messages[:-1]) for asked in client.asked]
        assert len(set(shown)) == 3

    async def test_a_sentence_that_fits_no_frame_is_left_to_the_template(self) -> None:
        task = make_task()
        about = "Big leaves from Hampshire, cool and clean, for after lunch."
        bare = tuple(product.model_copy(update={"description": about}) for product in task.snapshot.products)
        task = task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"products": bare})})
        assert (await write(ScriptedClient(echo), BLOCKS, task=task, keys=["pitch:cup"])).attempts == ()

    async def test_a_pick_without_a_description_has_no_pitch(self) -> None:
        task = make_task()
        bare = tuple(product.model_copy(update={"description": ""}) for product in task.snapshot.products)
        task = task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"products": bare})})
        assert (await write(ScriptedClient(echo), BLOCKS, task=task, keys=["pitch:cup"])).attempts == ()

    @pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
    async def test_every_flow_has_prompts_whose_examples_are_of_another_world(self, flow: Flow) -> None:
        client = ScriptedClient(echo)
        task = make_task().model_copy(update={"flow": flow})
        await write(client, BLOCKS, task=task, keys=["subject", "opening"])
        assert len(client.asked) == 2
        examples = " ".join(message.content for asked in client.asked for message in asked.messages[:-1]).casefold()
        assert not [word for word in ("tea", "coffee", "kettle", "mug", "teapot") if f" {word} " in examples]

    @pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
    def test_examples_are_about_a_fact_of_the_same_kind_and_never_shout(self, flow: Flow) -> None:
        """A small model copies the odd one out, and a brand's voice may forbid exclamation marks."""
        prompt = LIBRARY.prompt(f"opening.{flow.name}")
        shapes = {"purchase": "You bought the", "liking": "You like", "wish": "on your wish list", "cart": "cart"}
        told = ["", *(kind for kind in shapes if kind in prompt.variables.get("kind", ""))]
        for kind, variant in itertools.product(told, range(3)):
            values = {
                "product": "Sencha",
                "fact": kind and "You know.",
                "kind": kind,
                "variant": variant,
                "several": False,
            }
            messages = prompt.render(**{name: value for name, value in values.items() if name in prompt.variables})
            questions = [message.content for message in messages if message.role == "user"][:-1]
            assert all("Fact:" not in question or shapes[kind] in question for question in questions)
            assert "!" not in "".join(message.content for message in messages)
        subject = LIBRARY.prompt(f"subject.{flow.name}")
        for variant in range(3):
            values = {"product": "Sencha", "variant": variant, "several": True}
            own = {name: value for name, value in values.items() if name in subject.variables}
            assert "!" not in "".join(message.content for message in subject.render(**own))

    @pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
    async def test_where_a_name_does_not_tell_its_number_neither_does_the_line(self, flow: Flow) -> None:
        task = make_task()
        products = tuple(
            product.model_copy(update={"name": "60 Cake Cases Garden [Rose|Iris]"})
            for product in task.snapshot.products
        )
        snapshot = task.snapshot.model_copy(update={"products": products})
        task = task.model_copy(update={"flow": flow, "snapshot": snapshot})
        for round_ in range(3):
            client = ScriptedClient(lambda asked: "A line.")
            await write(client, BLOCKS, task=task, keys=["subject", "opening"], round_=round_)
            shown = [message.content for asked in client.asked for message in asked.messages[:-1]]
            assert len(client.asked) == 2
            assert not [line for line in shown if "[" in line or "here is the" in line.casefold()]

    @pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
    def test_of_every_kind_of_fact_a_line_can_be_said_of_one_and_of_several_alike(self, flow: Flow) -> None:
        for prompt in (LIBRARY.prompt(f"opening.{flow.name}"), LIBRARY.prompt(f"subject.{flow.name}")):
            told = [
                "",
                *(kind for kind in ("purchase", "liking", "wish", "cart") if kind in prompt.variables.get("kind", "")),
            ]
            for kind in told:
                values = {"product": "Sencha", "fact": kind and "You know.", "kind": kind, "several": None}
                own = {name: value for name, value in values.items() if name in prompt.variables}
                lines = [prompt.render(**own, variant=turn)[-2].content for turn in range(3)]
                assert not all(map(needs_number, lines)), (prompt.name, kind)

    async def test_a_fact_that_went_wrong_is_not_told_again(self) -> None:
        asked = []
        for round_ in (0, 1):
            client = ScriptedClient(echo)
            await write(client, BLOCKS, keys=["opening"], round_=round_)
            asked.append("Fact:" in client.asked[0].question)
        assert asked == [True, False]

    @pytest.mark.parametrize(("bought", "told"), [("Tin of Tea Circus Parade", False), ("Clay Teapot", True)])
    async def test_a_purchase_of_nearly_the_name_of_the_pick_is_not_told(self, bought: str, told: bool) -> None:
        task = make_task()
        snapshot = task.snapshot
        fact = snapshot.facts[0].model_copy(update={"text": f"You bought the {bought}", "value": bought})
        lead = snapshot.products[0].model_copy(
            update={"name": "Tin of Tea Strongman", "reason": f"Goes with the {bought} you bought"}
        )
        person = snapshot.person.model_copy(update={"orders": (OrderFact(product=bought, date=snapshot.send_date),)})
        changes = {"facts": (fact,), "products": (lead, *snapshot.products[1:]), "person": person}
        task = task.model_copy(update={"snapshot": snapshot.model_copy(update=changes)})
        client = ScriptedClient(lambda asked: "We begin with the Tin of Tea Strongman.")
        await write(client, BLOCKS, task=task, keys=["opening"])
        assert ("Fact:" in client.asked[0].question) is told

    async def test_without_a_fact_that_bears_on_the_pick_the_opening_gives_no_reason(self) -> None:
        client = ScriptedClient(echo)
        task = make_task()
        popular = task.snapshot.products[2].model_copy(update={"reason": "Popular with our customers"})
        task = task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"products": (popular,)})})
        await write(client, BLOCKS, task=task, keys=["opening"])
        assert "Fact:" not in client.asked[0].question
        assert not any("bought" in message.content for message in client.asked[0].messages)

    @pytest.mark.parametrize("style", ["question", "name", "number", "plain"])
    async def test_a_subject_that_its_examples_do_not_show_is_left_to_the_template(self, style: str) -> None:
        task = make_task().model_copy(update={"subject": style})
        outcome = await write(ScriptedClient(echo), BLOCKS, task=task, keys=["subject", "opening"])
        assert {key for attempt in outcome.attempts for key in attempt.keys} == {"opening"}


class TestJsonStyle:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"subject": "question"}, "subject (a question, at most 50 characters)"),
            ({"subject": "product"}, "subject (naming product 1, at most 50 characters)"),
            ({"subject": "plain"}, "subject (naming no product, no question, at most 50 characters)"),
            ({"subject": ""}, "subject (at most 50 characters)"),
            ({"cta": "product"}, "cta (two to four words for a button, naming product 1)"),
            ({"cta": "short"}, "cta (one or two words for a button)"),
            ({"cta": ""}, "cta (two to four words for a button)"),
        ],
    )
    async def test_the_drawn_style_is_told(self, changes: dict[str, str], said: str) -> None:
        client = ScriptedClient(as_email)
        await write(client, JSON, task=make_task().model_copy(update=changes))
        assert said in client.asked[0].question

    @pytest.mark.parametrize("style", ["name", "number"])
    async def test_names_and_numbers_in_a_subject_are_the_shops_to_add(self, style: str) -> None:
        client = ScriptedClient(as_email)
        outcome = await write(client, JSON, task=make_task().model_copy(update={"subject": style}))
        assert {candidate.key for candidate in outcome.candidates} == set(KEYS) - {"subject"}
        assert "subject (" not in client.asked[0].question

    async def test_one_call_writes_every_block(self) -> None:
        client = ScriptedClient(as_email)
        outcome = await write(client, JSON)
        assert len(client.asked) == 1
        assert {candidate.key for candidate in outcome.candidates} == set(KEYS)

    async def test_no_product_id_and_nothing_of_the_person_reaches_the_model(self) -> None:
        client = ScriptedClient(as_email)
        await write(client, JSON)
        secrets = ("Maeve", "Quillfeather", "maeve.q@post.example", "active customer", "pitch:sencha", "https://")
        assert not [secret for secret in secrets if secret in client.asked[0].everything]

    async def test_a_second_round_tells_what_to_leave_out_and_never_the_verdicts_own_sentence(self) -> None:
        verdict = Verdict(
            rule="price.wrong", status=Status.FAIL, block="pitch:cup", found="£4", reason="The cup costs £9.00."
        )
        client = ScriptedClient(as_email)
        await write(client, JSON, keys=["pitch:cup"], round_=1, notes={"pitch:cup": [verdict]})
        assert 'p3, price: without "£4"' in client.asked[0].question
        assert "The cup costs" not in client.asked[0].everything

    async def test_a_whole_sentence_at_fault_is_not_shown_again(self) -> None:
        said = "It has a similar design and colour, but is slightly larger than the old one."
        verdict = Verdict(rule="repetition.loop", status=Status.FAIL, block="pitch:cup", found=said, reason="Twice.")
        client = ScriptedClient(as_email)
        await write(client, JSON, keys=["pitch:cup"], round_=1, notes={"pitch:cup": [verdict]})
        assert "p3, said twice: in other words" in client.asked[0].question
        assert said not in client.asked[0].everything

    async def test_a_pick_of_which_only_the_name_is_known_is_told_as_such(self) -> None:
        task = make_task()
        bare = tuple(
            product.model_copy(update={"description": "", "attributes": {}}) for product in task.snapshot.products
        )
        task = task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"products": bare})})
        client = ScriptedClient(as_email)
        await write(client, JSON, task=task)
        assert client.asked[0].question.count("nothing more is known") == len(bare)

    @pytest.mark.parametrize("answer", ["no JSON at all", '{"subject": "cut o', "[1, 2]", "null"])
    async def test_an_answer_that_is_no_json_object_is_garbage(self, answer: str) -> None:
        outcome = await write(ScriptedClient(lambda asked: answer), JSON)
        assert (outcome.candidates, outcome.attempts[0].error) == ((), "model_garbage")

    async def test_missing_and_ill_typed_blocks_are_absent_and_the_rest_is_kept(self) -> None:
        answer = json.dumps({"subject": "A bell", "opening": 7, "p1": "  ", "extra": "x"})
        outcome = await write(ScriptedClient(lambda asked: f"```json\n{answer}\n```"), JSON)
        assert [(candidate.key, candidate.text) for candidate in outcome.candidates] == [("subject", "A bell")]


class TestDeadline:
    async def test_what_came_in_time_is_kept_and_the_rest_is_told(self) -> None:
        client = ScriptedClient(echo, seconds=lambda asked: 60.0 if "Copper" in asked.question else 0.0)
        outcome = await write(client, BLOCKS, keys=["pitch:kettle", "pitch:cup"], seconds=1.0)
        assert [candidate.key for candidate in outcome.candidates] == ["pitch:cup"]
        assert [attempt.error for attempt in outcome.attempts] == ["deadline", None]

    async def test_every_call_ends_before_the_writer_must_answer(self) -> None:
        client = ScriptedClient(echo)
        until = asyncio.get_running_loop().time() + 5
        writer = ModelWriter(client, BLOCKS, name="test", rounds=1)
        await writer.write(make_task(), KEYS, round_=0, notes={}, until=until)
        assert client.asked
        assert all(asked.until < until for asked in client.asked)

    async def test_a_failing_model_is_an_attempt_and_not_an_exception(self) -> None:
        client = ScriptedClient(lambda asked: ModelError("model_unreachable", "refused"))
        outcome = await write(client, JSON)
        assert [(attempt.error, attempt.detail, attempt.raw) for attempt in outcome.attempts] == [
            ("model_unreachable", "refused", None)
        ]
