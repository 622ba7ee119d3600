"""The HTTP application: routes, error answers, limits, and what surrounds every request."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from api import problems
from api.documentation import add_documentation
from api.house import House
from api.idempotency import Idempotency
from api.known_keys import KnownKeys
from api.middleware import BodyLimit, RequestEnvelope
from api.plain import no_nul
from api.routes import ROUTERS
from api.settings import MAX_UPLOAD_BYTES, Settings
from api.studio.serving import (
    StudioHeaders,
    add_studio,
    on_bug,
    on_error,
    on_http_exception,
    on_validation_error,
)
from api.version import VERSION
from store.errors import PenfriendError

TAGS: list[dict[str, str]] = [
    {"name": "ingest", "description": "Customer events, in Segment's HTTP shapes."},
    {"name": "products", "description": "The catalog, with Google Merchant field names."},
    {"name": "feeds", "description": "Feeds that are fetched again and again, and held back when they break."},
    {"name": "customers", "description": "Customers, and what is remembered of them."},
    {"name": "merchandising", "description": "Pins, boosts, excludes, caps and what is left to chance."},
    {"name": "campaigns", "description": "Brands and campaigns, as versioned documents."},
    {"name": "runs", "description": "One e-mail for everyone in an audience."},
    {"name": "compose", "description": "One e-mail for one customer, with its why."},
    {"name": "reviews", "description": "What people say of e-mails, and what follows from it."},
    {"name": "experiments", "description": "A/B/n tests, the shop's holdout, and who is kept apart."},
    {"name": "alarms", "description": "Complaints or unsubscribes rose: nothing learned decides until it is closed."},
    {"name": "handoffs", "description": "From composed e-mails to whoever sends them."},
    {"name": "webhooks", "description": "Endpoints that are told what happens to runs."},
    {"name": "pull", "description": "Content for systems that ask at send time."},
    {"name": "outcomes", "description": "What became of an e-mail."},
    {"name": "unsubscribe", "description": "One-click unsubscribe (RFC 8058). No key, no cookies."},
    {"name": "health", "description": "Is it alive, is it ready."},
]

UPLOADS = re.compile(
    r"/v1/(?:catalog/)?imports|/v1/campaigns/[^/]+/(?:preflight|runs)(?::upload)?|/studio/runs(?:/look)?"
)
"""Routes that take feeds, exports of other systems, or the ids of everyone in an audience."""

OpenHouse = Callable[[], AbstractAsyncContextManager[House]]


def create_app(settings: Settings, open_house: OpenHouse) -> FastAPI:
    """An application that opens its house at start-up and closes it at shut-down."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_house() as house:
            app.state.house, app.state.known_keys = house, KnownKeys(house.database)
            try:
                yield
            finally:
                await app.state.known_keys.close()

    app = FastAPI(
        title="Penfriend",
        version=VERSION,
        summary="Writes a different e-mail to every customer of a shop, and can prove every line of it.",
        openapi_tags=TAGS,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(no_nul)],
        responses=problems.problem_responses(),
    )
    for router in ROUTERS:
        app.include_router(router)
    add_studio(app)
    add_documentation(app)
    _serve_pictures(app, settings.pictures_dir)
    app.add_middleware(Idempotency)
    app.add_middleware(
        BodyLimit,
        limit=settings.max_body_bytes,
        upload_limit=MAX_UPLOAD_BYTES,
        uploads=UPLOADS,
        refuse=on_http_exception,
    )
    app.add_middleware(RequestEnvelope, on_bug=on_bug)
    app.add_middleware(StudioHeaders)
    app.add_exception_handler(PenfriendError, on_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


class _Pictures(StaticFiles):
    """The folder comes with `penfriend demo`; until then there is no picture."""

    async def check_config(self) -> None:
        """No folder is no fault."""


def _serve_pictures(app: FastAPI, folder: Path) -> None:
    app.mount("/demo/pictures", _Pictures(directory=folder, check_dir=False), name="pictures")


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        app.openapi_schema = schema
    return app.openapi_schema
