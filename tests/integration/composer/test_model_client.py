"""The model client against a server that misbehaves to order."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator, Callable

import pytest
from pydantic import SecretStr
from tenacity import AsyncRetrying

from composer.breaker import Breaker, State
from composer.litellm_transport import load_litellm
from composer.model_client import ALLOW_VARIABLE, FAIR_CHANCE, Completion, ModelClient, ModelError
from composer.model_errors import reason_of
from composer.model_settings import Endpoint, Limits
from composer.throttle import Throttle
from evals.scripted_model import Fail, Garble, GarbleKind, Hang, Say, ScriptedModel
from prompts.model import Message
from tests.kit.patience import PATIENCE_S, until

QUESTION = [Message(role="user", content="Write a line about a bell.")]
SOON = 25.0


@pytest.fixture(autouse=True)
def loopback_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW_VARIABLE, "loopback")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModel]:
    await asyncio.to_thread(load_litellm)
    async with ScriptedModel("A bell you can hear.") as model:
        yield model


MakeClient = Callable[..., ModelClient]


@pytest.fixture
def make(server: ScriptedModel) -> MakeClient:
    """Clients of the server."""

    def client_of(limits: Limits | None = None, breaker: Breaker | None = None, timeout: float = 30.0) -> ModelClient:
        endpoint = Endpoint(model="hosted_vllm/scripted", api_base=server.api_base, api_key=SecretStr("sk-test"))
        return ModelClient(endpoint, breaker=breaker, throttle=Throttle(limits), timeout=timeout)

    return client_of


async def ask(client: ModelClient, seconds: float = SOON) -> Completion:
    until = asyncio.get_running_loop().time() + seconds
    return await client.complete(
        QUESTION, max_tokens=20, until=until, temperature=0.3, seed=7, stop=["\n"], schema={"type": "object"}
    )


async def warm(server: ScriptedModel, client: ModelClient) -> ModelClient:
    """It has asked once, so that the next call is no matter of what LiteLLM does with the first; that one hangs."""
    await ask(client)
    server.calls.clear()
    server.answer = Hang()
    return client


async def fail(client: ModelClient, seconds: float = SOON) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await ask(client, seconds)
    return caught.value


class TestAnswer:
    async def test_a_completion_carries_its_figures(self, server: ScriptedModel, make: MakeClient) -> None:
        completion = await ask(make())
        assert (completion.text, completion.finish_reason) == ("A bell you can hear.", "stop")
        assert (completion.input_tokens, completion.output_tokens, completion.cost_usd) == (10, 5, 0.0)

    async def test_the_request_says_what_was_asked(self, server: ScriptedModel, make: MakeClient) -> None:
        await ask(make())
        body = server.calls[0].body
        asked = (body["max_tokens"], body["temperature"], body["seed"], body["stop"], body["messages"])
        assert asked == (20, 0.3, 7, ["\n"], [{"role": "user", "content": "Write a line about a bell."}])
        assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
        assert server.calls[0].headers["Authorization"] == "Bearer sk-test"

    async def test_nothing_of_its_retries_waits_for_a_collection(self, server: ScriptedModel, make: MakeClient) -> None:
        client = make()
        await ask(client)
        gc.collect()
        gc.disable()
        try:
            await ask(client)
            left = [one for one in gc.get_objects() if type(one) is AsyncRetrying]
        finally:
            gc.enable()
        assert left == []

    async def test_not_more_calls_than_allowed_are_in_flight(self, server: ScriptedModel, make: MakeClient) -> None:
        server.enqueue(Hang(), Hang())
        client = make(Limits(max_concurrency=2))
        asking = [asyncio.ensure_future(ask(client, seconds=PATIENCE_S)) for _ in range(6)]
        await until(lambda: server.open == 2)
        await asyncio.sleep(0.1)
        assert len(server.calls) == 2
        for one in asking[:2]:
            one.cancel()
        assert [done.text for done in await asyncio.gather(*asking[2:])] == ["A bell you can hear."] * 4


class TestFailure:
    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            (Fail(400), "model_bad_request"),
            (Fail(401), "model_unauthorised"),
            (Fail(402), "model_out_of_budget"),
            (Fail(403), "model_unauthorised"),
            (Fail(404), "model_unknown"),
            (Fail(418), "model_bad_request"),
        ],
    )
    async def test_what_will_not_pass_is_asked_once(
        self, server: ScriptedModel, make: MakeClient, reply: Fail, reason: str
    ) -> None:
        server.answer = reply
        assert (await fail(make())).reason == reason
        assert len(server.calls) == 1

    @pytest.mark.parametrize(
        ("reply", "reason"),
        [(Fail(500), "model_unreachable"), (Fail(503), "model_unreachable")],
    )
    async def test_what_may_pass_is_tried_three_times(
        self, server: ScriptedModel, make: MakeClient, reply: Fail, reason: str
    ) -> None:
        server.answer = reply
        assert (await fail(make())).reason == reason
        assert len(server.calls) == 3

    async def test_one_failure_does_not_show(self, server: ScriptedModel, make: MakeClient) -> None:
        server.enqueue(Fail(500))
        assert (await ask(make())).text == "A bell you can hear."

    @pytest.mark.parametrize("kind", ["no_choices", "null_content", "huge"])
    async def test_garbage_is_called_garbage(self, server: ScriptedModel, make: MakeClient, kind: GarbleKind) -> None:
        server.answer = Garble(kind)
        assert (await fail(make())).reason == "model_garbage"

    @pytest.mark.parametrize("kind", ["not_json", "truncated", "wrong_type"])
    async def test_a_200_that_is_no_json_is_garbage_too(
        self, server: ScriptedModel, make: MakeClient, kind: GarbleKind
    ) -> None:
        """LiteLLM hands these on as server errors."""
        server.answer = Garble(kind)
        assert (await fail(make())).reason == "model_garbage"

    async def test_a_dropped_connection_is_unreachable(self, server: ScriptedModel, make: MakeClient) -> None:
        server.answer = Garble("reset")
        assert (await fail(make())).reason == "model_unreachable"

    async def test_a_server_that_is_not_there_is_unreachable(self, server: ScriptedModel, make: MakeClient) -> None:
        client = make()
        await server.stop()
        assert (await fail(client)).reason == "model_unreachable"

    async def test_a_call_longer_than_its_timeout_is_a_timeout(self, server: ScriptedModel, make: MakeClient) -> None:
        server.answer = Hang()
        assert (await fail(make(timeout=0.2))).reason == "model_timeout"


class TestDeadline:
    async def test_a_hanging_call_is_cut_off_and_its_connection_closed(
        self, server: ScriptedModel, make: MakeClient
    ) -> None:
        client = await warm(server, make())
        assert (await fail(client, seconds=1.0)).reason == "deadline"
        await until(lambda: not server.open)
        assert [call.ended for call in server.calls] == ["abandoned"]

    async def test_a_retry_that_would_come_too_late_is_not_waited_for(
        self, server: ScriptedModel, make: MakeClient
    ) -> None:
        server.answer = Fail(429, retry_after=60)
        assert (await fail(make())).reason == "model_rate_limited"
        assert len(server.calls) == 1

    async def test_the_server_says_how_long_to_wait(self, server: ScriptedModel, make: MakeClient) -> None:
        server.enqueue(Fail(429, retry_after=0.5), Say("Now."))
        loop = asyncio.get_running_loop()
        started = loop.time()
        assert (await ask(make())).text == "Now."
        assert loop.time() - started >= 0.5

    async def test_being_sent_away_is_waited_out_however_often_while_there_is_time(
        self, server: ScriptedModel, make: MakeClient
    ) -> None:
        server.enqueue(*[Fail(429, retry_after=0.05)] * 6)
        client = make(breaker=Breaker(threshold=1))
        assert (await ask(client)).text == "A bell you can hear."
        assert client.breaker.state is State.CLOSED

    async def test_one_call_sent_away_holds_back_all_that_share_the_throttle(self, server: ScriptedModel) -> None:
        endpoint = Endpoint(model="hosted_vllm/scripted", api_base=server.api_base)
        throttle = Throttle()
        one, other = ModelClient(endpoint, throttle=throttle), ModelClient(endpoint, throttle=throttle)
        server.enqueue(Fail(429, retry_after=30))
        assert (await fail(one)).reason == "model_rate_limited"
        assert (await fail(other)).reason == "model_rate_limited"
        assert len(server.calls) == 1

    async def test_an_empty_account_is_not_waited_for(self, server: ScriptedModel, make: MakeClient) -> None:
        server.answer = Fail(429, code="insufficient_quota")
        assert (await fail(make())).reason == "model_out_of_budget"
        assert len(server.calls) == 1


class TestBreaker:
    async def test_a_dead_model_is_left_alone_after_some_failures(
        self, server: ScriptedModel, make: MakeClient
    ) -> None:
        server.answer = Fail(500)
        client = make(breaker=Breaker(threshold=1, cool_off=60))
        await fail(client)
        assert (await fail(client)).reason == "circuit_open"
        assert len(server.calls) == 1

    async def test_poor_answers_do_not_open_it(self, server: ScriptedModel, make: MakeClient) -> None:
        server.answer = Garble("no_choices")
        client = make(breaker=Breaker(threshold=1))
        await fail(client)
        assert client.breaker.state is State.CLOSED

    async def test_hanging_calls_open_it(self, server: ScriptedModel, make: MakeClient) -> None:
        client = await warm(server, make(breaker=Breaker(threshold=1, cool_off=60)))
        await fail(client, seconds=FAIR_CHANCE + 1.0)
        assert (await fail(client)).reason == "circuit_open"

    async def test_an_impatient_caller_does_not(self, server: ScriptedModel, make: MakeClient) -> None:
        server.answer = Hang()
        client = make(breaker=Breaker(threshold=1))
        await fail(client, seconds=0.2)
        assert client.breaker.state is State.CLOSED


class TestSwitch:
    async def test_no_call_leaves_when_calls_are_off(
        self, server: ScriptedModel, make: MakeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(ALLOW_VARIABLE, "0")
        assert (await fail(make())).reason == "model_calls_off"
        assert server.calls == []

    @pytest.mark.parametrize("base", [None, "https://api.example.com/v1", "http://127.0.0.1.evil.example/v1"])
    async def test_loopback_means_this_machine(self, base: str | None) -> None:
        assert (await fail(ModelClient(Endpoint(model="openai/x", api_base=base)))).reason == "model_calls_off"


class TestExceptions:
    def test_every_exception_of_litellm_and_openai_has_a_reason(self) -> None:
        load_litellm()
        import litellm.exceptions
        import openai._exceptions

        kinds = {
            kind.__name__: kind
            for module in (litellm.exceptions, openai._exceptions)
            for kind in vars(module).values()
            if inspect.isclass(kind) and issubclass(kind, Exception)
        }
        unmapped = sorted(name for name in kinds if reason_of(name) is None)
        assert unmapped == []
