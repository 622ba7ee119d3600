"""How a place in the review queue is answered: as a page, or to htmx as the part of it that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from api.studio.desk import Finding, Piece, findings, pieces_of
from api.studio.door import PATH
from api.studio.queue import Result, Seat
from api.studio.rendering import page
from api.studio.sessions import Visitor
from composer.contract import ComposeResult
from composer.reviews.editing import Judged

# Keys come faster than the 20 ms that htmx leaves between showing a part and making it work.
_SWAP = {"HX-Retarget": "#item", "HX-Reswap": "outerHTML settle:0ms"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the checks say of a text somebody types."""

    text: str
    pieces: list[Piece]
    held: list[Finding]
    warnings: list[Finding]


@dataclass(frozen=True, slots=True)
class Before:
    """The decision just made, for who wants it undone from the next e-mail."""

    email: str
    review: str
    revision: int
    at: int


def told_of(judged: Judged, email: ComposeResult) -> Told:
    """In words."""
    held, warnings = findings(judged.held, email), findings(judged.warnings, email)
    return Told(judged.text, pieces_of(judged), held, warnings)


def show_seat(
    request: Request,
    visitor: Visitor,
    seat: Seat,
    *,
    editing: bool = False,
    notice: str = "",
    tried: Mapping[str, Told] | None = None,
    before: Before | None = None,
    status: int = 200,
) -> Response:
    """One e-mail to decide about. `tried`: what was typed and refused, by block."""
    fragment = bool(request.headers.get("HX-Request"))
    return page(
        request,
        visitor,
        "review/item.html" if fragment else "review/queue.html",
        status=status,
        headers={**_SWAP, "HX-Push-Url": seat.path} if fragment else None,
        seat=seat,
        editing=editing,
        notice=notice,
        tried=tried or {},
        before=before,
    )


def show_result(request: Request, visitor: Visitor, result: Result, *, notice: str = "") -> Response:
    """What came of a sample."""
    fragment = bool(request.headers.get("HX-Request"))
    return page(
        request,
        visitor,
        "review/verdict.html" if fragment else "review/result.html",
        headers={**_SWAP, "HX-Push-Url": f"{PATH}/review/{result.sample.id}/result"} if fragment else None,
        result=result,
        notice=notice,
    )


def show_judged(
    request: Request, visitor: Visitor, judged: Judged, email: ComposeResult, status: int = 200
) -> Response:
    """What the checks say, for the place beside the text."""
    return page(request, visitor, "review/judged.html", status=status, told=told_of(judged, email))
