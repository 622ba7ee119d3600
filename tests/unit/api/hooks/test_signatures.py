"""Nothing is believed that its provider did not sign: forged, changed, re-encoded, stale, another key's or topic's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from api.errors import MalformedBody
from api.hooks.mailgun import Mailgun
from api.hooks.model import BadSecret, Call, Provider, Unsigned
from api.hooks.postmark import HEADER, Postmark
from api.hooks.registry import PROVIDERS
from api.hooks.sendgrid import SIGNATURE, TIMESTAMP, SendGrid
from api.hooks.ses import Ses
from api.hooks.standard import Generic, Resend
from tests.kit.hooks import (
    AT,
    CERTIFICATE,
    MAILGUN_KEY,
    POSTMARK_SECRET,
    STANDARD_SECRET,
    TOPIC,
    SendGridSender,
    SnsSender,
    mailgun_call,
    postmark_call,
    resend_event,
    sendgrid_event,
    ses_event,
    standard_call,
)

pytestmark = pytest.mark.anyio

SENDGRID, OTHER_SENDGRID = SendGridSender(), SendGridSender()
SNS, OTHER_SNS = SnsSender(), SnsSender()
OPEN = sendgrid_event()
OTHER_KEY = "key-ffffffffffffffffffffffffffffffff"
OTHER_SECRET = STANDARD_SECRET[:-2] + "Zg"
HOUR = timedelta(hours=1)


async def _reason(provider: Provider, call: Call, secrets: Sequence[str]) -> str:
    with pytest.raises(Unsigned) as refused:
        await provider.admit(call, secrets)
    return refused.value.reason


def _with(call: Call, headers: dict[str, str] | None = None, body: bytes | None = None) -> Call:
    return Call({**call.headers, **(headers or {})}, call.body if body is None else body, call.at)


async def test_sendgrid_signs_with_either_of_two_keys_while_one_is_exchanged() -> None:
    await SendGrid().admit(SENDGRID.call(OPEN), [OTHER_SENDGRID.secret, SENDGRID.secret])


@pytest.mark.parametrize(
    "call",
    [
        SENDGRID.call(OPEN, body=b"[]"),
        SENDGRID.call(OPEN, body=orjson.dumps([OPEN], option=orjson.OPT_INDENT_2)),
        SENDGRID.call(OPEN, body=orjson.dumps([OPEN])[:-1]),
        _with(SENDGRID.call(OPEN), {TIMESTAMP: str(int(AT.timestamp()) + 1)}),
        _with(SENDGRID.call(OPEN), {SIGNATURE: ""}),
        _with(SENDGRID.call(OPEN), {SIGNATURE: "é!"}),
        OTHER_SENDGRID.call(OPEN),
        Call({}, orjson.dumps([OPEN]), AT),
    ],
    ids=["another body", "re-encoded", "truncated", "another time", "empty", "no base64", "another key", "unsigned"],
)
async def test_sendgrid_is_not_believed_where_a_byte_differs(call: Call) -> None:
    assert await _reason(SendGrid(), call, [SENDGRID.secret]) == "bad_signature"


@pytest.mark.parametrize(("age", "stale"), [(HOUR * 23, False), (HOUR * 25, True), (-HOUR, True)])
async def test_sendgrid_is_believed_for_as_long_as_it_tries_again(age: timedelta, stale: bool) -> None:
    signed = SENDGRID.call(OPEN, at=AT - age)
    call = Call(signed.headers, signed.body, AT)
    if stale:
        assert await _reason(SendGrid(), call, [SENDGRID.secret]) == "stale_signature"
    else:
        await SendGrid().admit(call, [SENDGRID.secret])


async def test_mailgun_is_believed_by_its_key_alone_and_not_for_ever() -> None:
    await Mailgun().admit(mailgun_call(), [OTHER_KEY, MAILGUN_KEY])
    old = Call({}, mailgun_call(at=AT - HOUR * 9).body, AT)
    assert await _reason(Mailgun(), old, [MAILGUN_KEY]) == "stale_signature"
    assert await _reason(Mailgun(), mailgun_call(key=OTHER_KEY), [MAILGUN_KEY]) == "bad_signature"


@pytest.mark.parametrize(
    "signature",
    [None, {}, [], {"timestamp": "1", "token": "t"}, {"timestamp": 1, "token": ["t"], "signature": {}},
     {"timestamp": "1", "token": "", "signature": "é"}],
)  # fmt: skip
async def test_mailgun_without_a_signature_is_not_believed(signature: object) -> None:
    call = Call({}, orjson.dumps({"signature": signature, "event-data": {}}), AT)
    assert await _reason(Mailgun(), call, [MAILGUN_KEY]) == "bad_signature"


@pytest.mark.parametrize("moved", ["e0", "5", ".", "_1", " "])
async def test_the_border_between_mailguns_time_and_token_cannot_be_moved(moved: str) -> None:
    """They are signed as one text: `…e0` + `a8` has the signature of `…` + `e0a8`."""
    call = mailgun_call(token=f"{moved}a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3d")
    document = orjson.loads(call.body)
    document["signature"]["timestamp"] += moved
    document["signature"]["token"] = document["signature"]["token"].removeprefix(moved)
    forged = Call({}, orjson.dumps(document), AT)
    assert await _reason(Mailgun(), forged, [MAILGUN_KEY]) in ("bad_signature", "stale_signature")
    # Were one believed after all, it would count as the call that was honoured before.
    assert moved != "5" or Mailgun().read(forged).token == Mailgun().read(call).token


async def test_postmark_knows_the_password_in_the_url_or_in_a_header() -> None:
    await Postmark().admit(postmark_call("Open"), ["another-password-of-24-letters", POSTMARK_SECRET])
    await Postmark().admit(Call({HEADER: POSTMARK_SECRET}, b"{}", AT), [POSTMARK_SECRET])


@pytest.mark.parametrize("header", ["", "Basic", "Basic é", "Basic cGVuZnJpZW5k", "Bearer " + POSTMARK_SECRET])
async def test_postmark_without_the_password_is_not_believed(header: str) -> None:
    call = Call({"authorization": header}, b"{}", AT)
    assert await _reason(Postmark(), call, [POSTMARK_SECRET]) == "bad_credentials"
    wrong = postmark_call("Open", password=POSTMARK_SECRET.upper())
    assert await _reason(Postmark(), wrong, [POSTMARK_SECRET]) == "bad_credentials"


STANDARD = [(Resend(), "svix"), (Generic(), "webhook")]


@pytest.mark.parametrize(("provider", "prefix"), STANDARD)
async def test_standard_webhooks_are_believed_for_five_minutes(provider: Provider, prefix: str) -> None:
    document = resend_event("email.opened")
    await provider.admit(standard_call(document, prefix=prefix), [OTHER_SECRET, STANDARD_SECRET])
    late = standard_call(document, prefix=prefix, at=datetime.now(UTC) - timedelta(minutes=6))
    assert await _reason(provider, late, [STANDARD_SECRET]) == "stale_signature"


@pytest.mark.parametrize(("provider", "prefix"), STANDARD)
@pytest.mark.parametrize("wrong", ["body", "secret", "id", "no base64", "no version", "no utf-8", "none"])
async def test_standard_webhooks_are_not_believed_where_anything_differs(
    provider: Provider, prefix: str, wrong: str
) -> None:
    call = standard_call({"outcomes": []}, prefix=prefix)
    forged = {
        "body": _with(call, body=b'{"outcomes": []}'),
        "secret": standard_call({"outcomes": []}, prefix=prefix, secret=OTHER_SECRET),
        "id": _with(call, {f"{prefix}-id": "msg_other"}),
        "no base64": _with(call, {f"{prefix}-signature": "v1,é"}),
        "no version": _with(call, {f"{prefix}-signature": "nothing"}),
        "no utf-8": _with(call, body=b"\xff"),
        "none": Call({}, call.body, call.at),
    }
    assert await _reason(provider, forged[wrong], [STANDARD_SECRET]) == "bad_signature"


@pytest.mark.parametrize("version", ["1", "2"])
async def test_sns_is_believed_with_both_versions_of_its_signature_and_one_look_at_its_certificate(
    version: str,
) -> None:
    sender = SnsSender()
    provider = Ses(sender.fetch)
    for _ in range(2):
        await provider.admit(sender.call(ses_event("Open", {}), version=version), [TOPIC])
    await provider.admit(sender.call("with a subject", version=version, Subject="Amazon SES"), [TOPIC])
    assert sender.fetched == [CERTIFICATE]


@pytest.mark.parametrize(
    "after",
    [
        {"Message": "{}"},
        {"MessageId": "another"},
        {"Subject": "added"},
        {"Signature": "AAAA"},
        {"Signature": "é"},
        {"SignatureVersion": "3"},
        {"Type": "SubscriptionConfirmation"},
        {"Type": "Anything"},
    ],
)
async def test_sns_is_not_believed_where_a_signed_field_differs(after: dict[str, str]) -> None:
    call = SNS.call(ses_event("Open", {}), after=after)
    assert await _reason(Ses(SNS.fetch), call, [TOPIC]) == "bad_signature"


async def test_sns_is_not_believed_with_another_certificate() -> None:
    assert await _reason(Ses(OTHER_SNS.fetch), SNS.call("{}"), [TOPIC]) == "bad_signature"


async def test_another_tenants_topic_is_refused_before_anything_is_fetched() -> None:
    sender = SnsSender()
    foreign = sender.call("{}", TopicArn="arn:aws:sns:eu-west-1:999999999999:ses-events")
    assert await _reason(Ses(sender.fetch), foreign, [TOPIC]) == "unknown_topic"
    assert sender.fetched == []


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "https://evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com/?Action=GetTopicAttributes",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem?x=1",
        "https://sns.eu-west-1.amazonaws.com/x/../SimpleNotificationService-1.pem/..%2f",
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
async def test_certificates_are_fetched_from_where_sns_keeps_them_alone(url: str) -> None:
    sender = SnsSender()
    assert await _reason(Ses(sender.fetch), sender.call("{}", SigningCertURL=url), [TOPIC]) == "bad_signature"
    assert sender.fetched == []


@pytest.mark.parametrize("days", [(-3, -1), (1, 3)], ids=["expired", "not valid yet"])
async def test_a_certificate_out_of_its_time_is_not_believed(days: tuple[int, int]) -> None:
    sender = SnsSender(valid_from=AT + timedelta(days=days[0]), valid_until=AT + timedelta(days=days[1]))
    assert await _reason(Ses(sender.fetch), sender.call("{}"), [TOPIC]) == "bad_signature"


async def test_a_subscription_to_our_topic_is_confirmed_at_amazon_alone() -> None:
    sender = SnsSender()
    await Ses(sender.fetch).admit(sender.confirmation(), [TOPIC])
    assert [one.partition("?")[0] for one in sender.fetched] == [CERTIFICATE, "https://sns.eu-west-1.amazonaws.com/"]
    for elsewhere in (
        "https://evil.example/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn=" + TOPIC,
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:1:x",
    ):
        sender.fetched.clear()
        assert await _reason(Ses(sender.fetch), sender.confirmation(elsewhere), [TOPIC]) == "bad_signature"
        assert sender.fetched == [CERTIFICATE]


async def test_an_old_sns_message_is_not_believed() -> None:
    old = SNS.call("{}", Timestamp="2026-05-30T12:00:00.000Z")
    assert await _reason(Ses(SNS.fetch), old, [TOPIC]) == "stale_signature"


@pytest.mark.parametrize("provider", [Mailgun(), Ses(SNS.fetch)], ids=["mailgun", "ses"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null", b"[]", b'"x"'])
async def test_a_body_that_is_none_is_refused(provider: Provider, body: bytes) -> None:
    with pytest.raises((Unsigned, MalformedBody)):
        await provider.admit(Call({}, body, AT), ["x"])


@pytest.mark.parametrize("name", [name for name, provider in PROVIDERS.items() if provider.asks])
@pytest.mark.parametrize("secret", ["", "secret", "é", "whsec_", "whsec_é", "arn:aws:s3"])
def test_what_cannot_verify_a_providers_webhooks_is_not_taken(name: str, secret: str) -> None:
    with pytest.raises(BadSecret):
        PROVIDERS[name].checked(secret)


@pytest.mark.parametrize("name", ["postmark", "generic"])
def test_where_we_make_the_secret_up_it_is_another_each_time_and_stands_in_the_guide(name: str) -> None:
    provider = PROVIDERS[name]
    one, other = provider.checked(""), provider.checked("")
    assert one != other
    assert provider.checked(one) == one
    assert any(one in step for step in provider.guide("https://mail.shop.example/v1/hooks/x", one))
