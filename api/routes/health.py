"""Is it alive, is it ready."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.access import house_of
from api.readiness import Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Alive")
async def healthz() -> dict[str, str]:
    """Answers as soon as the process serves; touches nothing."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready", responses={503: {"model": Readiness}})
async def readyz(request: Request, response: Response) -> Readiness:
    """Database, keys, index and model, each with what to do. A missing model alone does not make it unready."""
    readiness = await house_of(request).readiness()
    response.status_code = 200 if readiness.ready else 503
    return readiness
