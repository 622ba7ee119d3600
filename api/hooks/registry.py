"""The providers whose webhooks are understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.hooks.mailgun import Mailgun
from api.hooks.model import Provider
from api.hooks.postmark import Postmark
from api.hooks.sendgrid import SendGrid
from api.hooks.ses import Ses
from api.hooks.standard import Generic, Resend
from store.errors import NotFound

_ALL: tuple[Provider, ...] = (SendGrid(), Mailgun(), Postmark(), Ses(), Resend(), Generic())
PROVIDERS: Final[Mapping[str, Provider]] = {provider.name: provider for provider in _ALL}
"""By the name in the URL."""


class UnknownProvider(NotFound):
    """No provider has this name."""

    reason = "unknown_provider"


def provider_named(name: str) -> Provider:
    """Raises UnknownProvider."""
    found = PROVIDERS.get(name)
    if found is None:
        raise UnknownProvider("There is no provider of this name.", fix=f"Known: {', '.join(PROVIDERS)}.")
    return found
