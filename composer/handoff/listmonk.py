"""Through listmonk, as transactional messages (`POST /api/tx`): the whole e-mail in `data`, for a template to show.

https://listmonk.app/docs/apis/transactional/
"""

from __future__ import annotations

import orjson

from composer.handoff.channel import Answer, ChannelNotSet, Parcel
from composer.handoff.http import Poster, judged
from composer.handoff.mime import KEY_HEADER
from composer.handoff.settings import ListmonkSettings

_OWN_HEADERS = ("Reply-To", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID")


class NoListmonk(ChannelNotSet):
    """The settings name no listmonk, or no template of it."""

    reason = "no_listmonk"


class ListmonkChannel:
    """A `Channel` over one listmonk."""

    needs_address = True
    sends = True

    def __init__(self, settings: ListmonkSettings) -> None:
        """Connects with the first e-mail. Raises NoListmonk."""
        if not settings.url or not settings.template_id:
            raise NoListmonk(
                "No listmonk is set.", fix="Set [listmonk] url, username, token and template_id in penfriend.toml."
            )
        self.concurrency = settings.concurrency
        self.per_second = settings.per_second
        self._settings = settings
        self._url = settings.url.rstrip("/") + "/api/tx"
        # Set by whoever runs the server, so it may well stand in the same network.
        self._poster = Poster(private=True, timeout_s=settings.timeout_s, connections=settings.concurrency)
        token = f"token {settings.username}:{settings.token.get_secret_value()}"
        self._authorization = {"Authorization": token} if settings.username else {}

    async def send(self, parcel: Parcel) -> Answer:
        """See `Channel.send`."""
        headers = {"Idempotency-Key": parcel.key, **self._authorization}
        return judged(await self._poster.post(self._url, self._body(parcel), headers))

    async def close(self) -> None:
        """End every connection."""
        await self._poster.close()

    def _body(self, parcel: Parcel) -> bytes:
        document = parcel.document
        own = [{name: document["headers"][name]} for name in _OWN_HEADERS if name in document["headers"]]
        shown = ("subject", "preheader", "html", "text", "campaign", "customer")
        return orjson.dumps(
            {
                "subscriber_email": parcel.address,
                # Whoever is no subscriber there is written to all the same: consent is asked here.
                "subscriber_mode": "fallback",
                "template_id": self._settings.template_id,
                "from_email": document["headers"]["From"],
                "subject": document["subject"],
                "data": {"key": parcel.key, "run": parcel.run} | {name: document[name] for name in shown},
                "headers": [*own, {KEY_HEADER: parcel.key}],
                "messenger": self._settings.messenger,
                "content_type": "html",
            }
        )
