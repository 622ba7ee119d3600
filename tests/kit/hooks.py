"""Webhook calls as providers make them: signed with keys of our own, in the words of their published examples."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from api.hooks.model import Call
from api.hooks.postmark import USER
from api.hooks.sendgrid import SIGNATURE, TIMESTAMP
from store.ids import email_id_for

AT: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
EMAIL: Final = email_id_for(AT, "hooks")
AGENT: Final = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


class SendGridSender:
    """SendGrid with one key pair."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.secret = base64.b64encode(der).decode()

    def call(self, *events: Any, at: datetime = AT, body: bytes | None = None, **changes: str) -> Call:
        """These events, signed at `at`; `body` is sent in the place of what was signed."""
        content = orjson.dumps(list(events))
        timestamp = str(int(at.timestamp()))
        signature = self._key.sign(timestamp.encode() + content, ec.ECDSA(hashes.SHA256()))
        headers = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp, **changes}
        return Call(headers, content if body is None else body, at)


def sendgrid_event(event: str = "open", *, email: str = EMAIL, at: datetime = AT, **more: Any) -> dict[str, Any]:
    """As in SendGrid's Event Webhook reference, with our id as a custom argument."""
    return {
        "email": "example@test.com",
        "timestamp": int(at.timestamp()),
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": event,
        "category": ["cat facts"],
        "sg_event_id": f"{event}-{email[-6:]}-{int(at.timestamp())}",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "email_id": email,
        **more,
    }


MAILGUN_KEY: Final = "key-0123456789abcdef0123456789abcdef"


def mailgun_call(
    event: str = "opened",
    more: Mapping[str, Any] | None = None,
    *,
    token: str = "c" * 50,
    at: datetime = AT,
    key: str = MAILGUN_KEY,
) -> Call:
    """As in Mailgun's "Event structure"."""
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
    document = {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "event": event,
            "timestamp": at.timestamp(),
            "id": f"{event}-Ase7i2zsRYeDXztHGENqRA",
            "log-level": "info",
            "recipient": "alice@example.com",
            "message": {"headers": {"message-id": f"{EMAIL}@mail.shop.example"}},
            "user-variables": {"my_var_1": "Mailgun Variable #1"},
            "client-info": {"client-os": "Linux", "device-type": "desktop", "bot": "", "user-agent": AGENT},
            "ip": "50.56.129.169",
            **(more or {}),
        },
    }
    return Call({}, orjson.dumps(document), at)


POSTMARK_SECRET: Final = "postmark-password-of-24-letters"


def postmark_call(record: str, *, password: str = POSTMARK_SECRET, **more: Any) -> Call:
    """As in Postmark's webhook references."""
    event = {
        "RecordType": record,
        "MessageStream": "broadcast",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": "john@example.com",
        "Metadata": {"email_id": EMAIL},
        **more,
    }
    basic = base64.b64encode(f"{USER}:{password}".encode()).decode()
    return Call({"authorization": f"Basic {basic}"}, orjson.dumps(event), AT)


STANDARD_SECRET: Final = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def standard_call(
    document: Any, *, prefix: str = "webhook", secret: str = STANDARD_SECRET, at: datetime | None = None
) -> Call:
    """Signed by Standard Webhooks; `prefix` is `svix` for Resend."""
    now = at or datetime.now(UTC)
    body = orjson.dumps(document)
    signature = Webhook(secret).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", now, body.decode())
    signed = {"id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": str(int(now.timestamp())), "signature": signature}
    return Call({f"{prefix}-{name}": value for name, value in signed.items()}, body, datetime.now(UTC))


def resend_event(kind: str, **data: Any) -> dict[str, Any]:
    """As in Resend's "Event types"."""
    told = {
        "created_at": "2026-06-01T11:59:00.126Z",
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "from": "Acme <onboarding@resend.dev>",
        "to": ["delivered@resend.dev"],
        "subject": "Sending this example",
        "tags": {"email_id": EMAIL},
    }
    return {"type": kind, "created_at": "2026-06-01T12:00:00.000Z", "data": told | data}


TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:ses-events"
CERTIFICATE: Final = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"
)
_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


class SnsSender:
    """SNS with a certificate of its own, and the two things of it that are fetched."""

    def __init__(
        self, *, valid_from: datetime = AT - timedelta(days=1), valid_until: datetime = AT + timedelta(days=1)
    ):
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid_from)
            .not_valid_after(valid_until)
            .sign(self._key, hashes.SHA256())
        )
        self._pem = made.public_bytes(serialization.Encoding.PEM)
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> bytes:
        """`api.hooks.sns.Fetch`."""
        self.fetched.append(url)
        return self._pem if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"

    def call(self, message: Any, *, version: str = "2", after: dict[str, str] | None = None, **changes: str) -> Call:
        """A notification of `message`, with `changes` before it is signed and those of `after` behind."""
        document = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": message if isinstance(message, str) else orjson.dumps(message).decode(),
            "Timestamp": "2026-06-01T12:00:00.000Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            **changes,
        }
        names = [name for name in _FIELDS.get(document["Type"], ()) if name in document]
        content = "".join(f"{name}\n{document[name]}\n" for name in names).encode()
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
        document["Signature"] = base64.b64encode(self._key.sign(content, padding.PKCS1v15(), algorithm)).decode()
        return Call({}, orjson.dumps(document | (after or {})), AT)

    def confirmation(self, url: str = "") -> Call:
        """What SNS posts when this URL is subscribed to the topic."""
        confirm = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
        return self.call(
            "You have chosen to subscribe to the topic.", Type="SubscriptionConfirmation", Token="2336412f37",
            SubscribeURL=url or confirm,
        )  # fmt: skip


def ses_event(kind: str, said: dict[str, Any], *, key: str = "eventType") -> dict[str, Any]:
    """As in SES' examples of event data: our tag, and the headers that we sent."""
    return {
        key: kind,
        "mail": {
            "timestamp": "2026-06-01T11:58:00.000Z",
            "source": "sender@example.com",
            "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
            "headers": [{"name": "From", "value": "sender@example.com"}],
            "commonHeaders": {"messageId": "EXAMPLE7c191be45"},
            "tags": {"ses:configuration-set": ["ConfigSet"], "email_id": [EMAIL]},
        },
        kind.lower(): {"timestamp": "2026-06-01T12:00:00.000Z", **said},
    }
