"""The scripted model server, as a client sees it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator

import aiohttp
import pytest

from evals.scripted_model import Fail, Garble, GarbleKind, Hang, Say, ScriptedModel, obedient

BODY = {"model": "scripted", "messages": [{"role": "user", "content": "Write a line."}]}


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel("A line.") as running:
        yield running


async def chat(model: ScriptedModel, seconds: float = 5.0) -> tuple[int, str, dict[str, str]]:
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{model.api_base}/chat/completions", json=BODY) as response,
    ):
        return response.status, await response.text(errors="replace"), dict(response.headers)


def text_of(body: str) -> str:
    return str(json.loads(body)["choices"][0]["message"]["content"])


async def test_it_answers_and_remembers_the_call(model: ScriptedModel) -> None:
    status, body, _ = await chat(model)
    assert (status, text_of(body)) == (200, "A line.")
    assert [(call.prompt, call.ended) for call in model.calls] == [("Write a line.", "answered")]


async def test_the_queue_goes_first_and_in_order(model: ScriptedModel) -> None:
    model.enqueue("One.", Say("Two.", finish_reason="length"))
    answers = [json.loads((await chat(model))[1])["choices"][0] for _ in range(3)]
    assert [answer["message"]["content"] for answer in answers] == ["One.", "Two.", "A line."]
    assert [answer["finish_reason"] for answer in answers] == ["stop", "length", "stop"]


async def test_an_answer_can_depend_on_the_call() -> None:
    async with ScriptedModel(lambda call: f"You said: {call.prompt}") as model:
        assert text_of((await chat(model))[1]) == "You said: Write a line."


async def test_obedience_is_an_answer_like_any_other() -> None:
    async with ScriptedModel(obedient) as model:
        assert text_of((await chat(model))[1]) == "Write a line."


async def test_a_failure_says_when_to_come_back(model: ScriptedModel) -> None:
    model.enqueue(Fail(429, retry_after=2))
    status, _, headers = await chat(model)
    assert (status, headers["Retry-After"]) == (429, "2")


async def test_about_the_asked_share_of_calls_fails_and_the_same_ones_each_time() -> None:
    runs = []
    for _ in range(2):
        async with ScriptedModel("A line.", fail_share=0.3, seed=3) as model:
            runs.append([(await chat(model))[0] for _ in range(60)])
    assert runs[0] == runs[1]
    assert 8 <= runs[0].count(500) <= 30


async def test_a_hanging_call_ends_when_the_client_hangs_up(model: ScriptedModel) -> None:
    model.answer = Hang()
    with pytest.raises(TimeoutError):
        await chat(model, seconds=0.2)
    await asyncio.sleep(0.1)
    assert model.calls[0].ended == "abandoned"


@pytest.mark.parametrize("kind", ["not_json", "truncated", "wrong_type"])
async def test_some_garbage_is_no_json(model: ScriptedModel, kind: GarbleKind) -> None:
    model.answer = Garble(kind)
    status, body, _ = await chat(model)
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


async def test_some_garbage_is_json_without_a_text(model: ScriptedModel) -> None:
    model.enqueue(Garble("no_choices"), Garble("null_content"))
    assert json.loads((await chat(model))[1])["choices"] == []
    assert json.loads((await chat(model))[1])["choices"][0]["message"]["content"] is None


async def test_some_garbage_is_too_much(model: ScriptedModel) -> None:
    model.answer = Garble("huge")
    assert len((await chat(model))[1]) > 1_000_000


async def test_a_connection_can_drop(model: ScriptedModel) -> None:
    model.answer = Garble("reset")
    with pytest.raises(aiohttp.ClientError):
        await chat(model)


def test_it_serves_callers_without_an_event_loop_from_a_thread() -> None:
    with ScriptedModel("A line.").in_thread() as model:
        request = urllib.request.Request(
            f"{model.api_base}/chat/completions", json.dumps(BODY).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            assert text_of(response.read().decode()) == "A line."


def test_as_a_process_it_prints_where_it_listens() -> None:
    command = [sys.executable, "-m", "evals.scripted_model", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{base}/models", timeout=5) as response:
            assert json.load(response)["data"][0]["id"] == "scripted"
        process.terminate()
