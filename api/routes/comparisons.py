"""Comparisons: two ways of writing on the same customers, and where the votes stand."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from api import comparing
from api.access import ReadSession, house_of
from api.auth import Require
from composer.comparing import store
from composer.comparing.model import Comparison, NewComparison
from composer.comparing.standing import Standing, standing
from composer.comparing.voting import votes_of

router = APIRouter(prefix="/v1/comparisons", tags=["reviews"])


class ComparisonAnswer(BaseModel):
    """A comparison, and what its votes come to."""

    comparison: Comparison
    standing: Standing


@router.post("", summary="Compare two ways of writing", dependencies=[Depends(Require("write"))], status_code=201)
async def start(body: NewComparison, request: Request) -> Comparison:
    """Writes both sides for the same customers, drawn by lot; nothing is sent. People vote in the studio.

    `model` and `prompts` of a side are names that the settings list under `[compare]`.
    """
    return await comparing.start(house_of(request), body)


@router.get("/{comparison_id}", summary="A comparison and its votes", dependencies=[Depends(Require("read"))])
async def comparison(comparison_id: str, session: ReadSession) -> ComparisonAnswer:
    """Whoever votes should not look here first: it says which side leads."""
    found = await store.get(session, comparison_id)
    return ComparisonAnswer(comparison=found, standing=standing(await votes_of(session, comparison_id)))
