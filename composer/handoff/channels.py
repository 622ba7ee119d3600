"""Opens the channel that a hand-off asks for, as the settings have it."""

from __future__ import annotations

from composer.handoff.channel import Channel
from composer.handoff.email_webhook import WebhookChannel
from composer.handoff.listmonk import ListmonkChannel
from composer.handoff.model import Handoff, OverListmonk, OverSmtp
from composer.handoff.settings import ListmonkSettings, SmtpSettings, WebhookSettings
from composer.handoff.smtp import SmtpChannel
from composer.handoff.webhooks import endpoints
from store.database import Database


class ChannelsOf:
    """The channels of one installation (`dispatcher.Channels`)."""

    def __init__(
        self, database: Database, *, smtp: SmtpSettings, listmonk: ListmonkSettings, webhooks: WebhookSettings
    ) -> None:
        self._database = database
        self._smtp = smtp
        self._listmonk = listmonk
        self._webhooks = webhooks

    async def open(self, handoff: Handoff) -> Channel:
        """Raises NoRelay, NoListmonk, UnknownEndpoint, EndpointDisabled."""
        match handoff.request:
            case OverSmtp():
                return SmtpChannel(self._smtp)
            case OverListmonk():
                return ListmonkChannel(self._listmonk)
            case request:
                async with self._database.session(readonly=True) as session:
                    target = await endpoints.usable(session, request.endpoint)
                return WebhookChannel(self._webhooks, target)
