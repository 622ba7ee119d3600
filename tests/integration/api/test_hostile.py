"""No input gives a 5xx: schemathesis makes requests, right and wrong ones, from our own OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.house import House, open_house
from api.settings import Settings
from api.setup import init_home
from catalog.embedding import HashingEncoder
from composer.model_settings import ModelSettings
from tests.kit.live_server import serving

EXAMPLES = 15
"""Requests an operation, half of them wrong on purpose. To make them up takes nine tenths of the time."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _ndjson(_: object, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


schemathesis.serializer("application/x-ndjson")(_ndjson)


def operations() -> list[Any]:
    """Every operation of our own document; building it opens nothing."""

    @asynccontextmanager
    async def nothing() -> AsyncIterator[House]:
        raise AssertionError("only the document is wanted")
        yield

    document = create_app(Settings(), nothing).openapi()
    return [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """A fresh home without the embedded model; and its admin key."""
    made = Settings(home=tmp_path_factory.mktemp("home"), model=ModelSettings(model="openai/none"))
    report = asyncio.run(init_home(made))
    assert report.admin_key
    return made, report.admin_key


@pytest.fixture(scope="module")
def base_url(installation: tuple[Settings, str]) -> Iterator[str]:
    """The service on a socket."""
    made, _ = installation
    app = create_app(made, lambda: open_house(made, encoder=HashingEncoder()))
    with serving(app) as url:
        yield url


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_no_request_breaks_the_service(operation: Any, base_url: str, installation: tuple[Settings, str]) -> None:
    headers = {"Authorization": f"Bearer {installation[1]}"}
    modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*modes))
    def answered_as_documented(case: schemathesis.Case) -> None:
        response = case.call(base_url=base_url, headers=headers)
        case.validate_response(response, checks=CHECKS)

    answered_as_documented()
