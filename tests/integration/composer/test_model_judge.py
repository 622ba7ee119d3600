"""The model judge over a real connection: what the settings open, and what a slow or broken server costs."""

from __future__ import annotations

import asyncio
import json

import pytest

from composer.model_client import ALLOW_VARIABLE
from composer.model_settings import ModelSettings
from composer.panel import Judged
from composer.writers import open_panel
from evals.draft import Block
from evals.scripted_model import Answer, Fail, Hang, ScriptedModel
from tests.kit.factories import LIBRARY, make_task

pytestmark = pytest.mark.anyio

TASK = make_task()
BLOCKS = (
    Block(name="opening", text="Here are a few things from our shelves."),
    Block(name="closing", text="Hurry along now, will you."),
)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW_VARIABLE, "loopback")


async def reviewed(answer: Answer, seconds: float = 20.0) -> list[Judged]:
    async with ScriptedModel(answer) as server:
        settings = ModelSettings(judge_model="hosted_vllm/judge", judge_api_base=server.api_base)
        panel = open_panel(settings, LIBRARY, ())
        assert panel is not None
        return list(await panel.review(TASK, BLOCKS, number=0, until=asyncio.get_running_loop().time() + seconds))


def said(verdict: str, rule: str = "none", reason: str = "") -> str:
    return json.dumps({"verdict": verdict, "rule": rule, "reason": reason})


async def test_each_block_is_judged_by_what_it_says() -> None:
    opening, closing = await reviewed(
        lambda call: said("objection", "tone", "It is rude.") if "Hurry" in call.prompt else said("sound")
    )
    assert [verdict.holds_back for verdict in opening.verdicts] == [False]
    assert [(verdict.rule, verdict.reason) for verdict in closing.verdicts] == [("judge.model.tone", "It is rude.")]
    assert [attempt.error for attempt in (*opening.attempts, *closing.attempts)] == [None, None]


@pytest.mark.parametrize(
    ("answer", "seconds", "reason"),
    [
        ("I find it charming.", 20.0, "model_garbage"),
        (Fail(401), 20.0, "model_unauthorised"),
        (Hang(), 1.0, "deadline"),
    ],
    ids=["chatter", "refused", "hanging"],
)
async def test_a_judge_that_gives_no_verdict_lets_nothing_pass(answer: Answer, seconds: float, reason: str) -> None:
    for judged in await reviewed(answer, seconds):
        assert [(verdict.holds_back, verdict.crashed) for verdict in judged.verdicts] == [(True, True)]
        assert [attempt.error for attempt in judged.attempts] == [reason]


def test_nobody_sits_on_the_panel_unless_the_settings_say_so() -> None:
    assert open_panel(ModelSettings(), LIBRARY, ()) is None
