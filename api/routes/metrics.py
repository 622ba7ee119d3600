"""What Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from api.access import house_of
from api.auth import Require
from api.metrics import CONTENT_TYPE, scrape

router = APIRouter(tags=["health"], dependencies=[Depends(Require("metrics"))])


@router.get(
    "/metrics",
    summary="Metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """Prometheus' text format. Needs a key with the scope `metrics`, which may do nothing else."""
    return Response(await scrape(house_of(request)), media_type=CONTENT_TYPE)
