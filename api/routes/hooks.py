"""Webhooks of e-mail service providers. No key of ours: each call is verified by what the provider signs it with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase

from api.access import house_of
from api.hooks.model import Call, Provider
from api.hooks.receiving import HookReport, admit, take
from api.hooks.registry import provider_named
from store import clock

_BODY = {"content": {"application/json": {"schema": {"description": "As the provider makes it."}}}, "required": True}
_HOW = "What the provider signs its webhooks with: a header of its own, a signature in the body, or Basic."


class ProviderSigned(SecurityBase):
    """A dependency that lets through what the provider in the path has signed."""

    scheme_name = "provider_signature"

    def __init__(self) -> None:
        self.model = APIKey.model_validate({"in": APIKeyIn.header, "name": "webhook-signature", "description": _HOW})

    async def __call__(self, provider: str, request: Request) -> tuple[Provider, Call]:
        """Raises UnknownProvider, HookNotSet, Unsigned, MalformedBody, Unavailable."""
        found = provider_named(provider)
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(headers, await request.body(), clock.now())
        await admit(house_of(request).database, found, call)
        return found, call


router = APIRouter(prefix="/v1/hooks", tags=["outcomes"])


@router.post("/{provider}", summary="Webhook of a sender", openapi_extra={"requestBody": _BODY})
async def hook(request: Request, signed: Annotated[tuple[Provider, Call], Depends(ProviderSigned())]) -> HookReport:
    """Delivered, opened, clicked, bounced … as a provider says it, signed by it; counted once, in any order.

    Providers: sendgrid, mailgun, postmark, ses (through SNS), resend, generic. `penfriend hooks add` sets one up.
    """
    provider, call = signed
    return await take(house_of(request).database, provider, call)
