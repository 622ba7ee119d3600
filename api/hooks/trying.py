"""A provider's call, made by ourselves about an e-mail that does not exist: is the webhook reached, and verified?"""

from __future__ import annotations

import base64
import hmac
import secrets as random
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp
import orjson
from standardwebhooks import Webhook

from api.hooks.model import EMAIL_ID
from api.hooks.postmark import USER
from api.hooks.receiving import HookNotSet
from store import clock
from store.errors import Unavailable
from store.ids import new_email_id

_TIMEOUT_S = 15.0


class ServiceAway(Unavailable):
    """Nothing answers there."""

    reason = "service_away"


class Tried(NamedTuple):
    """One call."""

    what: str
    answered: str
    right: bool


class _Made(NamedTuple):
    body: bytes
    headers: dict[str, str]


async def try_out(provider: str, url: str, known: Sequence[str]) -> list[Tried]:
    """Post to `url` unsigned, which must be refused, and signed where the secret lets us sign. Raises ServiceAway."""
    forged = _Made(orjson.dumps({}), {})
    tried = [await _post(url, "unsigned", forged, believed=False)]
    made = _signed(provider, known[0]) if known else None
    if made is not None:
        tried.append(await _post(url, "signed, of an e-mail that does not exist", made, believed=True))
    return tried


async def _post(url: str, what: str, made: _Made, *, believed: bool) -> Tried:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    headers = {"Content-Type": "application/json", **made.headers}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.post(url, data=made.body, headers=headers) as got,
        ):
            answer = await got.json(content_type=None)
            status = got.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise ServiceAway(
            f"No Penfriend answers at {url}.", fix="Start it (penfriend serve), or say where it is with --url."
        ) from error
    why = _why(answer)
    # What is refused must be so by us: any web server answers 404.
    right = status == HTTPStatus.OK if believed else status == HTTPStatus.FORBIDDEN or why == HookNotSet.reason
    return Tried(what, f"{status} {why}".strip(), right)


def _why(answer: Any) -> str:
    if not isinstance(answer, dict):
        return ""
    return str(answer.get("reason") or ", ".join(answer.get("rejected", {})) or "believed")


def _signed(provider: str, secret: str) -> _Made | None:
    """None where only the provider can sign: its key is public (SendGrid, SNS)."""
    email_id, now = new_email_id(), clock.now()
    seconds = str(int(now.timestamp()))
    match provider:
        case "mailgun":
            token = random.token_hex(25)
            signature = hmac.new(secret.encode(), f"{seconds}{token}".encode(), "sha256").hexdigest()
            event = {"event": "opened", "timestamp": now.timestamp(), "user-variables": {EMAIL_ID: email_id}}
            signed = {"timestamp": seconds, "token": token, "signature": signature}
            return _Made(orjson.dumps({"signature": signed, "event-data": event}), {})
        case "postmark":
            basic = base64.b64encode(f"{USER}:{secret}".encode()).decode()
            event = {"RecordType": "Open", "ReceivedAt": now.isoformat(), "Metadata": {EMAIL_ID: email_id}}
            return _Made(orjson.dumps(event), {"Authorization": f"Basic {basic}"})
        case "resend":
            body = orjson.dumps({"type": "email.opened", "data": {"tags": {EMAIL_ID: email_id}}})
            return _standard(secret, body, "svix")
        case "generic":
            body = orjson.dumps({"outcomes": [{"type": "opened", EMAIL_ID: email_id}]})
            return _standard(secret, body, "webhook")
        case _:
            return None


def _standard(secret: str, body: bytes, prefix: str) -> _Made:
    message_id, now = f"msg_test_{random.token_hex(8)}", clock.now()
    signature = Webhook(secret).sign(message_id, now, body.decode())
    headers = {"id": message_id, "timestamp": str(int(now.timestamp())), "signature": signature}
    return _Made(body, {f"{prefix}-{name}": value for name, value in headers.items()})
