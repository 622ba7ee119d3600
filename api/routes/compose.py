"""One e-mail, now; and every e-mail again, as it was."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from api.access import house_of
from api.auth import Require
from composer.contract import ComposeRequest, ComposeResult, ReplayReport

router = APIRouter(prefix="/v1", tags=["compose"])

CSP = "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; sandbox"
"""A generated page is shown without scripts, forms or frames, whatever is in it."""


@router.post("/compose", summary="Compose one e-mail", dependencies=[Depends(Require("compose"))])
async def compose(body: ComposeRequest, request: Request) -> ComposeResult:
    """The finished e-mail with its facts, picks, verdicts and cost, or `path: skipped` with a reason.

    Asking again for the same campaign, customer, step and occasion gives the same e-mail.
    """
    return await house_of(request).composer.compose(body)


@router.get("/emails/{email_id}", summary="An e-mail and its why", dependencies=[Depends(Require("read"))])
async def read_email(email_id: str, request: Request) -> ComposeResult:
    """Everything that is known about one e-mail."""
    return await house_of(request).composer.get(email_id)


@router.get(
    "/emails/{email_id}/message",
    summary="The raw message",
    dependencies=[Depends(Require("read"))],
    response_class=Response,
    responses={200: {"content": {"message/rfc822": {"schema": {"type": "string"}}}}},
)
async def read_message(email_id: str, request: Request) -> Response:
    """The RFC 5322 message, ready for an SMTP server."""
    return Response(await house_of(request).composer.message(email_id), media_type="message/rfc822")


@router.get(
    "/emails/{email_id}/html",
    summary="The HTML part",
    dependencies=[Depends(Require("read"))],
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def read_html(email_id: str, request: Request) -> Response:
    """The HTML part, to look at."""
    email = await house_of(request).composer.get(email_id)
    return Response(email.html, media_type="text/html", headers={"Content-Security-Policy": CSP})


@router.post("/emails/{email_id}/replay", summary="Prove it", dependencies=[Depends(Require("read"))])
async def replay(email_id: str, request: Request) -> ReplayReport:
    """Rebuild the e-mail from its record and say whether the bytes are the same."""
    return await house_of(request).composer.replay(email_id)
