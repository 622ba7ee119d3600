"""Amazon SNS over HTTPS: the X.509 signature of a message, and its subscription confirmed.

AWS, "Verifying the signatures of Amazon SNS messages". What is asked for over the network goes to an SNS host of
Amazon's alone, whatever the message says, and the certificate only to the path where SNS keeps them: other paths of the
same host answer with what a caller wants them to.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import aiohttp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from yarl import URL

from api.errors import MalformedBody
from api.hooks.model import Call, Unsigned, document_of, from_iso, require_fresh
from store.errors import Unavailable

Fetch = Callable[[str], Awaitable[bytes]]
"""The body behind an https URL. Raises SnsAway."""
RETRIES = timedelta(hours=24)
"""SNS tries again for an hour, or for as long as a policy of the topic's owner says. What it says counts once."""
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]+\.pem")
_SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_MAX_BYTES = 64 * 1024
_MAX_CERTIFICATES = 16
_TIMEOUT_S = 5.0


class SnsAway(Unavailable):
    """SNS did not answer: it will send the message again."""

    reason = "sns_away"


class SnsMessages:
    """Checks messages; keeps the certificates they are signed with."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._certificates: dict[str, x509.Certificate] = {}

    async def admit(self, call: Call, topics: Sequence[str]) -> dict[str, Any]:
        """The message, signed by SNS and of one of these topics; a subscription to one is confirmed.

        Raises Unsigned, MalformedBody, SnsAway.
        """
        message = _texts(document_of(call.body))
        if message.get("TopicArn") not in topics:
            # Before anything is fetched: strangers' topics cost nothing.
            raise Unsigned(
                "This is not a topic that was added.",
                fix="Add the topic's ARN: penfriend hooks add ses.",
                reason="unknown_topic",
            )
        content = _canonical(message)
        certificate = await self._certificate(message.get("SigningCertURL", ""), call)
        _require_signature(certificate, message, content)
        require_fresh(from_iso(message.get("Timestamp")), call, RETRIES)
        if message["Type"] == CONFIRMATION:
            await self._confirm(message)
        return message

    async def _certificate(self, address: str, call: Call) -> x509.Certificate:
        url = _amazon(address)
        if not _CERTIFICATE.fullmatch(url.raw_path) or url.raw_query_string:
            raise _refused("The certificate is not where SNS keeps its own.")
        known = self._certificates.get(address)
        if known is None:
            known = _leaf(await self._fetch(address))
            if len(self._certificates) >= _MAX_CERTIFICATES:
                self._certificates.clear()
            self._certificates[address] = known
        if not known.not_valid_before_utc <= call.at <= known.not_valid_after_utc:
            raise _refused("The certificate has expired, or is not valid yet.")
        return known

    async def _confirm(self, message: Mapping[str, str]) -> None:
        url = _amazon(message.get("SubscribeURL", ""))
        if url.query.get("Action") != "ConfirmSubscription" or url.query.get("TopicArn") != message["TopicArn"]:
            raise _refused("The link to confirm with leads somewhere else.")
        await self._fetch(str(url))


async def fetch_from_amazon(address: str) -> bytes:
    """A `Fetch`: no redirects, five seconds, 64 KB."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as client,
            client.get(address, allow_redirects=False) as answer,
        ):
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _MAX_BYTES:
                    break
            if answer.status != HTTPStatus.OK or len(body) > _MAX_BYTES:
                raise SnsAway("SNS answered with something else than what was asked for.")
            return bytes(body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SnsAway("SNS cannot be reached from here.", fix="Allow https to sns.*.amazonaws.com.") from error


def _texts(document: Any) -> dict[str, str]:
    if not isinstance(document, dict):
        raise MalformedBody(
            "The body is no SNS message.", fix="Turn raw message delivery off: raw messages are not signed."
        )
    return {name: value for name, value in document.items() if isinstance(value, str)}


def _canonical(message: Mapping[str, str]) -> bytes:
    """Raises Unsigned for a type nobody knows, or where one of its fields is missing (`Subject` may be)."""
    names = _SIGNED.get(message.get("Type", ""))
    if names is None or any(name not in message for name in names if name != "Subject"):
        raise _refused("The message is not what SNS signs.")
    return "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()


def _require_signature(certificate: x509.Certificate, message: Mapping[str, str], content: bytes) -> None:
    algorithm = _HASHES.get(message.get("SignatureVersion", ""))
    key = certificate.public_key()
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        raise _refused("The signature is of a version nobody knows.")
    try:
        signature = base64.b64decode(message.get("Signature", ""), validate=True)
        key.verify(signature, content, padding.PKCS1v15(), algorithm())
    except (ValueError, InvalidSignature) as error:
        raise _refused("The signature is wrong.") from error


def _leaf(pem: bytes) -> x509.Certificate:
    """The first certificate, signed by the second, and so on, where SNS serves a chain.

    What says that it is Amazon's is the TLS of the host it came from: SNS serves the leaf alone.
    """
    try:
        chain = x509.load_pem_x509_certificates(pem)
        for subject, issuer in pairwise(chain):
            subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _refused("The certificate cannot be read.") from error
    return chain[0]


def _amazon(address: str) -> URL:
    """Raises Unsigned for an address that is not an SNS host's over https."""
    try:
        url = URL(address)
    except ValueError as error:
        raise _refused("The message names an address that is none.") from error
    plain = url.scheme == "https" and url.user is None and url.password is None and url.explicit_port is None
    if not plain or not _HOST.fullmatch(url.host or ""):
        raise _refused("The message names a host that is not Amazon SNS's.")
    return url


def _refused(why: str) -> Unsigned:
    return Unsigned(why, fix="Only SNS itself may post here: subscribe this URL to the topic, with raw delivery off.")
