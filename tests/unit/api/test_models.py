"""What is said of a model without asking it, when another process does the asking."""

from __future__ import annotations

import pytest

from api import models
from composer.breaker import Breaker, State
from composer.json_style import JsonStyle
from composer.model_client import ModelClient
from composer.model_settings import Endpoint
from composer.model_writer import ModelWriter
from tests.kit.factories import LIBRARY

OPEN, HALF_OPEN, CLOSED = State.OPEN, State.HALF_OPEN, State.CLOSED


def writer(state: State) -> ModelWriter:
    """One whose model stands like that with this process."""
    now = [0.0]
    breaker = Breaker(threshold=1, cool_off=10.0, clock=lambda: now[0])
    if state is not CLOSED:
        breaker.failure()
    now[0] = 60.0 if state is HALF_OPEN else 0.0
    client = ModelClient(Endpoint(model="openai/x"), breaker=breaker)
    return ModelWriter(client, JsonStyle(LIBRARY), name="openai/x", rounds=1, temperature=None)


@pytest.mark.parametrize(
    ("own", "beside", "fine"),
    [
        (CLOSED, None, True),
        (OPEN, None, False),
        (HALF_OPEN, None, False),
        (CLOSED, CLOSED, True),
        (CLOSED, OPEN, False),
        (CLOSED, HALF_OPEN, False),
        (HALF_OPEN, CLOSED, True),
        (OPEN, CLOSED, False),
    ],
    ids=str,
)
def test_who_calls_a_model_all_the_time_knows_best_how_it_does(own: State, beside: State | None, fine: bool) -> None:
    elsewhere = None if beside is None else {"openai/x": beside}
    check = models.standing(writer(own), elsewhere)
    assert (check.name, check.ok, check.required) == ("model openai/x", fine, False)


def test_how_models_stand_is_told_by_the_names_of_their_writers() -> None:
    assert models.breakers([writer(OPEN)]) == {"openai/x": OPEN}
