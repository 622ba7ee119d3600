"""The scripted model server, as a client sees it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest

from evals.scripted_model import Fail, Garble, GarbleKind, Hang, Say, ScriptedModel, obedient
from tests.kit.patience import PATIENCE_S, until

BODY = {"model": "scripted", "messages": [{"role": "user", "content": "Write a line."}]}


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel("A line.") as running:
        yield running


async def chat(
    model: ScriptedModel, prompt: str = "Write a line.", seed: int | None = None
) -> tuple[int, str, dict[str, str]]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    body = {**BODY, "messages": [{"role": "user", "content": prompt}], "seed": seed}
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{model.api_base}/chat/completions", json=body) as response,
    ):
        return response.status, await response.text(errors="replace"), dict(response.headers)


async def hung_up(call: asyncio.Task[tuple[int, str, dict[str, str]]]) -> None:
    """By the client."""
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


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


async def test_a_time_to_come_back_may_be_a_date(model: ScriptedModel) -> None:
    model.enqueue(Fail(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"))
    assert (await chat(model))[2]["Retry-After"] == "Wed, 21 Oct 2026 07:28:00 GMT"


async def statuses(model: ScriptedModel, prompts: Sequence[str]) -> dict[str, int]:
    return {prompt: (await chat(model, prompt=prompt))[0] for prompt in prompts}


PROMPTS = [f"Write line {number}." for number in range(60)]


async def test_about_the_asked_share_of_prompts_fails_and_the_same_ones_in_any_order() -> None:
    async with ScriptedModel("A line.", fail_share=0.3, seed=3) as model:
        forwards = await statuses(model, PROMPTS)
    async with ScriptedModel("A line.", fail_share=0.3, seed=3) as model:
        backwards = await statuses(model, PROMPTS[::-1])
    async with ScriptedModel("A line.", fail_share=0.3, seed=4) as model:
        of_another_seed = await statuses(model, PROMPTS)
    assert forwards == backwards != of_another_seed
    assert 8 <= list(forwards.values()).count(500) <= 30


async def test_a_fault_may_strike_only_the_first_call_with_a_prompt() -> None:
    async with ScriptedModel("A line.", fail_share=1.0, faults_once=True) as model:
        assert [(await chat(model))[0] for _ in range(3)] == [500, 200, 200]
        assert (await chat(model, seed=8))[0] == 500


async def test_a_share_of_prompts_hangs() -> None:
    async with ScriptedModel("A line.", hang_share=1.0, faults_once=True) as model:
        hanging = asyncio.create_task(chat(model))
        await until(lambda: model.open == 1)
        assert (await chat(model))[0] == 200
        assert not hanging.done()
        await hung_up(hanging)


async def test_beyond_its_rate_it_refuses_and_says_when_to_come_back() -> None:
    async with ScriptedModel("A line.", requests_per_minute=1) as model:
        (fine, _, told), (refused, _, headers) = [await chat(model) for _ in range(2)]
    assert (fine, refused) == (200, 429)
    assert (told["x-ratelimit-remaining-requests"], headers["x-ratelimit-limit-requests"]) == ("0", "1")
    wait_ms = int(headers["retry-after-ms"])
    assert 0 < wait_ms <= 60_000
    assert 0 <= int(headers["Retry-After"]) * 1000 - wait_ms <= 1000, "whole seconds, and not too early"
    assert (model.asked.total(), model.refused) == (1, 1)


async def test_a_hanging_call_ends_when_the_client_hangs_up(model: ScriptedModel) -> None:
    model.answer = Hang()
    hanging = asyncio.create_task(chat(model))
    await until(lambda: model.open == 1)
    await hung_up(hanging)
    await until(lambda: model.open == 0)
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
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            assert text_of(response.read().decode()) == "A line."


@contextmanager
def process(*options: str) -> Iterator[str]:
    """The base URL of a scripted model in a process of its own."""
    command = [sys.executable, "-m", "evals.scripted_model", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running.stdout.readline().strip()
        finally:
            running.terminate()


def fetch(url: str, body: dict[str, Any] | None = None) -> Any:
    sent = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, sent, {"Content-Type": "application/json"})) as response:
        return json.load(response)


def test_as_a_process_it_prints_where_it_listens() -> None:
    with process("--port", "0") as base:
        assert fetch(f"{base}/models")["data"][0]["id"] == "scripted"


def test_a_process_tells_how_often_the_same_thing_was_asked() -> None:
    with process("--sound", "--latency-ms", "1") as base:
        for prompt in ("One.", "Two.", "Two."):
            fetch(f"{base}/chat/completions", {**BODY, "messages": [{"role": "user", "content": prompt}]})
        counts = fetch(base.removesuffix("/v1") + "/calls")
    assert sorted(counts.pop("prompts").values()) == [1, 2]
    assert counts == {"calls": 3, "refused": 0, "open": 0, "most_open": 1}
