"""Each e-mail as one signed webhook (`email.ready`), for a sender of your own."""

from __future__ import annotations

from composer.handoff.channel import Answer, Parcel, Verdict
from composer.handoff.http import Poster, judged
from composer.handoff.settings import WebhookSettings
from composer.handoff.webhooks.endpoints import Target
from composer.handoff.webhooks.model import EMAIL_TYPE
from composer.handoff.webhooks.signing import envelope, signed
from store import clock

MAX_BYTES = 400_000
"""Of one message, so that endpoints can set their limit. An e-mail's HTML is held under 90 KB when it is composed."""
TIMEOUT_S = 15.0
_SHOWN = ("campaign", "campaign_version", "customer", "flow", "subject", "preheader", "html", "text", "headers")


class WebhookChannel:
    """A `Channel` over one endpoint."""

    needs_address = False
    sends = False
    """A sender of your own may know it better; `to` is null then."""

    def __init__(self, settings: WebhookSettings, target: Target) -> None:
        self.concurrency = settings.concurrency
        self.per_second = settings.per_second
        self._target = target
        self._poster = Poster(private=settings.private, timeout_s=TIMEOUT_S, connections=settings.concurrency)

    async def send(self, parcel: Parcel) -> Answer:
        """See `Channel.send`."""
        data = {"key": parcel.key, "run": parcel.run, "to": parcel.address}
        data |= {name: parcel.document[name] for name in _SHOWN}
        body = envelope(EMAIL_TYPE, clock.now(), data)
        if len(body) > MAX_BYTES:
            return Answer(Verdict.REFUSED, "too_large")
        return judged(await self._poster.post(self._target.url, body, signed(self._target.secret, parcel.key, body)))

    async def close(self) -> None:
        """End every connection."""
        await self._poster.close()
