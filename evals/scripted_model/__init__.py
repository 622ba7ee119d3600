"""An OpenAI-compatible model server that does as it is told: be slow, fail, hang, answer garbage, obey anyone.

It is how we show that an e-mail goes out before its deadline whatever the model does. In a test:

    async with ScriptedModel("A bell you can hear.", latency_ms=50) as model:
        model.enqueue(Fail(429, retry_after=1), Garble("truncated"))
        ...                                  # talk to model.api_base
    assert model.calls[0].messages[-1]["content"] == "..."

As a process of its own, for benchmarks and for tests that kill processes:
`python -m evals.scripted_model --latency-ms 200 --port 0` prints its base URL as the first line.
"""

from evals.scripted_model.replies import Answer, Call, Fail, Garble, GarbleKind, Hang, Reply, Say, obedient
from evals.scripted_model.server import ScriptedModel

__all__ = [
    "Answer",
    "Call",
    "Fail",
    "Garble",
    "GarbleKind",
    "Hang",
    "Reply",
    "Say",
    "ScriptedModel",
    "obedient",
]
