"""What providers say, in the words of their published examples, read as outcomes of our e-mails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import MalformedBody
from api.hooks.mailgun import Mailgun
from api.hooks.model import Call, Passed, Provider, Reading
from api.hooks.postmark import Postmark
from api.hooks.sendgrid import SendGrid
from api.hooks.ses import Ses
from api.hooks.standard import Generic, Resend
from api.outcomes import Outcome
from tests.kit.hooks import (
    AGENT,
    AT,
    EMAIL,
    SnsSender,
    mailgun_call,
    postmark_call,
    resend_event,
    sendgrid_event,
    ses_event,
)

SNS = SnsSender()
LINK = "https://shop.example/p1"
APPLE = "Mozilla/5.0"
PROVIDERS: list[Provider] = [SendGrid(), Mailgun(), Postmark(), Ses(SNS.fetch), Resend(), Generic()]


def _only(reading: Reading) -> Outcome:
    assert reading.passed == []
    [outcome] = reading.outcomes
    return outcome


def _short(outcome: Outcome) -> tuple[str, bool, bool]:
    return outcome.type, outcome.permanent, outcome.machine


def _sendgrid(*events: Any) -> Reading:
    return SendGrid().read(Call({}, orjson.dumps(list(events)), AT))


def _resend(event: Any) -> Reading:
    return Resend().read(Call({"svix-id": "msg_1"}, orjson.dumps(event), AT))


def _ses(event: Any) -> Reading:
    return Ses(SNS.fetch).read(SNS.call(event))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (sendgrid_event("delivered", response="250 OK"), ("delivered", False, False)),
        (sendgrid_event("open", useragent=AGENT, sg_machine_open=False), ("opened", False, False)),
        (sendgrid_event("open", useragent=AGENT, sg_machine_open=True), ("opened", False, True)),
        (sendgrid_event("open", useragent=APPLE), ("opened", False, True)),
        (sendgrid_event("click", url=LINK), ("clicked", False, False)),
        (sendgrid_event("bounce", type="bounce", status="5.0.0"), ("bounced", True, False)),
        (sendgrid_event("bounce", type="blocked", status="4.0.0"), ("bounced", False, False)),
        (sendgrid_event("spamreport"), ("complained", False, False)),
        (sendgrid_event("unsubscribe"), ("unsubscribed", False, False)),
        (sendgrid_event("group_unsubscribe", asm_group_id=10), ("unsubscribed", False, False)),
    ],
)
def test_sendgrid(event: dict[str, Any], expected: tuple[str, bool, bool]) -> None:
    outcome = _only(_sendgrid(event))
    assert _short(outcome) == expected
    assert (outcome.email_id, outcome.at, outcome.event_id) == (EMAIL, AT, event["sg_event_id"])
    assert outcome.url == event.get("url")


def test_sendgrid_gives_our_message_id_back_where_there_is_no_custom_argument() -> None:
    event = sendgrid_event("delivered") | {"smtp-id": f"<{EMAIL}@shop.example>"}
    del event["email_id"]
    assert _only(_sendgrid(event)).email_id == EMAIL


@pytest.mark.parametrize("kind", ["processed", "deferred", "dropped", "group_resubscribe", "account_status_change"])
def test_what_sendgrid_says_beyond_that_is_counted_by_its_own_word(kind: str) -> None:
    assert _sendgrid(sendgrid_event(kind)).passed == [Passed(kind, "ignored")]


def test_a_broken_event_does_not_lose_the_others_of_its_batch() -> None:
    broken: list[Any] = [None, 7, "x", [], {}, {"event": ["open"]}, {"event": "\x00" * 90},
                         sendgrid_event("open", sg_event_id={"$ne": 1})]  # fmt: skip
    reading = _sendgrid(*broken, sendgrid_event("open"))
    assert [outcome.type for outcome in reading.outcomes] == ["opened"]
    assert len(reading.passed) == len(broken)
    assert {one.kind for one in reading.passed} == {"other", "opened"}


def test_an_email_of_another_system_is_not_ours() -> None:
    assert _sendgrid(sendgrid_event("open", email="nothing")).passed == [Passed("opened", "not_ours")]


def test_a_link_is_cut_and_a_time_that_is_none_left_out() -> None:
    outcome = _only(_sendgrid(sendgrid_event("click", url="https://x.example/" + "a" * 9_000, timestamp="soon")))
    assert (len(outcome.url or ""), outcome.at) == (2_000, None)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (mailgun_call("delivered"), ("delivered", False, False)),
        (mailgun_call("opened"), ("opened", False, False)),
        (mailgun_call("opened", {"client-info": {"bot": "apple"}}), ("opened", False, True)),
        (mailgun_call("opened", {"client-info": {"bot": "gmail"}}), ("opened", False, False)),
        (mailgun_call("opened", {"client-info": {"user-agent": APPLE}}), ("opened", False, True)),
        (mailgun_call("clicked", {"url": LINK}), ("clicked", False, False)),
        (mailgun_call("failed", {"severity": "permanent", "reason": "bounce"}), ("bounced", True, False)),
        (mailgun_call("failed", {"severity": "permanent", "reason": "old"}), ("bounced", False, False)),
        (mailgun_call("complained"), ("complained", False, False)),
        (mailgun_call("unsubscribed"), ("unsubscribed", False, False)),
    ],
)
def test_mailgun(call: Call, expected: tuple[str, bool, bool]) -> None:
    reading = Mailgun().read(call)
    outcome = _only(reading)
    assert _short(outcome) == expected
    # Time and token, which were signed together.
    assert (outcome.email_id, outcome.at, reading.token) == (EMAIL, AT, f"{AT.timestamp():.0f}" + "c" * 50)


@pytest.mark.parametrize(
    "more", [{"severity": "temporary", "reason": "generic"}, {"severity": "permanent", "reason": "suppress-complaint"}]
)
def test_mailgun_tries_again_or_never_tried(more: dict[str, str]) -> None:
    assert Mailgun().read(mailgun_call("failed", more)).passed == [Passed("failed", "ignored")]


def test_mailguns_own_variable_comes_before_the_message_id() -> None:
    other = EMAIL[:-4] + "0000"
    assert _only(Mailgun().read(mailgun_call("opened", {"user-variables": {"email_id": other}}))).email_id == other


WHEN = "2026-06-01T12:00:00Z"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (postmark_call("Delivery", DeliveredAt=WHEN), ("delivered", False, False)),
        (postmark_call("Open", ReceivedAt=WHEN, FirstOpen=True), ("opened", False, False)),
        (postmark_call("Open", ReceivedAt=WHEN, UserAgent=APPLE), ("opened", False, True)),
        (postmark_call("Click", ReceivedAt=WHEN, OriginalLink=LINK), ("clicked", False, False)),
        (postmark_call("Bounce", BouncedAt=WHEN, Type="HardBounce", TypeCode=1), ("bounced", True, False)),
        (postmark_call("Bounce", BouncedAt=WHEN, Type="SoftBounce"), ("bounced", False, False)),
        (postmark_call("SpamComplaint", BouncedAt=WHEN, Type="SpamComplaint"), ("complained", False, False)),
        (
            postmark_call(
                "SubscriptionChange", ChangedAt=WHEN, SuppressSending=True, SuppressionReason="ManualSuppression"
            ),
            ("unsubscribed", False, False),
        ),
    ],
)
def test_postmark(call: Call, expected: tuple[str, bool, bool]) -> None:
    outcome = _only(Postmark().read(call))
    assert _short(outcome) == expected
    assert (outcome.email_id, outcome.at) == (EMAIL, AT)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (postmark_call("Bounce", Type="Transient"), "Transient"),
        (postmark_call("Bounce", Type="AutoResponder"), "AutoResponder"),
        (postmark_call("SubscriptionChange", SuppressSending=False), "SubscriptionChange"),
        (
            postmark_call("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"),
            "SubscriptionChange",
        ),
        (postmark_call("Inbound"), "Inbound"),
    ],
)
def test_what_postmark_says_beyond_that_is_counted(call: Call, kind: str) -> None:
    assert Postmark().read(call).passed == [Passed(kind, "ignored")]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ses_event("Delivery", {}), ("delivered", False, False)),
        (ses_event("Delivery", {}, key="notificationType"), ("delivered", False, False)),
        (ses_event("Open", {"userAgent": AGENT}), ("opened", False, False)),
        (ses_event("Open", {"userAgent": APPLE}), ("opened", False, True)),
        (ses_event("Click", {"link": LINK}), ("clicked", False, False)),
        (ses_event("Bounce", {"bounceType": "Permanent"}), ("bounced", True, False)),
        (ses_event("Bounce", {"bounceType": "Transient"}), ("bounced", False, False)),
        (ses_event("Complaint", {"complaintFeedbackType": "abuse"}), ("complained", False, False)),
        (ses_event("Subscription", {"newTopicPreferences": {"unsubscribeAll": True}}), ("unsubscribed", False, False)),
    ],
)
def test_ses(event: dict[str, Any], expected: tuple[str, bool, bool]) -> None:
    outcome = _only(_ses(event))
    assert _short(outcome) == expected
    assert (outcome.email_id, outcome.at) == (EMAIL, AT)


@pytest.mark.parametrize(
    "event",
    [
        ses_event("Send", {}),
        ses_event("Rendering Failure", {}),
        ses_event("DeliveryDelay", {}),
        ses_event("Complaint", {"complaintSubType": "OnAccountSuppressionList"}),
        ses_event("Subscription", {"newTopicPreferences": {"unsubscribeAll": False}}),
    ],
)
def test_what_ses_says_beyond_that_is_counted(event: dict[str, Any]) -> None:
    assert _ses(event).passed == [Passed(event["eventType"], "ignored")]


@pytest.mark.parametrize("name", ["Message-ID", "x-penfriend-key"])
def test_ses_gives_our_headers_back(name: str) -> None:
    event = ses_event("Open", {})
    event["mail"]["tags"] = {}
    event["mail"]["headers"] = [{"name": "To", "value": "x"}, {"name": name, "value": f"<{EMAIL}@shop.example>"}]
    assert _only(_ses(event)).email_id == EMAIL


def test_what_sns_says_in_words_or_to_be_confirmed_is_counted() -> None:
    assert _ses("Successfully validated SNS topic for Amazon SES").passed == [Passed("other", "malformed")]
    confirmed = Ses(SNS.fetch).read(SNS.confirmation())
    assert confirmed.passed == [Passed("SubscriptionConfirmation", "ignored")]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (resend_event("email.delivered"), ("delivered", False, False)),
        (resend_event("email.opened", open={"timestamp": WHEN, "userAgent": AGENT}), ("opened", False, False)),
        (resend_event("email.opened", open={"timestamp": WHEN, "userAgent": APPLE}), ("opened", False, True)),
        (resend_event("email.clicked", click={"timestamp": WHEN, "link": LINK}), ("clicked", False, False)),
        (resend_event("email.bounced", bounce={"type": "Permanent", "subType": "General"}), ("bounced", True, False)),
        (resend_event("email.bounced", bounce={"type": "Transient"}), ("bounced", False, False)),
        (resend_event("email.complained"), ("complained", False, False)),
        (resend_event("email.delivered", tags=[{"name": "email_id", "value": EMAIL}]), ("delivered", False, False)),
    ],
)
def test_resend(event: dict[str, Any], expected: tuple[str, bool, bool]) -> None:
    outcome = _only(_resend(event))
    assert _short(outcome) == expected
    assert (outcome.email_id, outcome.at, outcome.event_id) == (EMAIL, AT, "msg_1")


@pytest.mark.parametrize("kind", ["email.sent", "email.delivery_delayed", "email.failed", "contact.created"])
def test_what_resend_says_beyond_that_is_counted(kind: str) -> None:
    assert _resend(resend_event(kind)).passed == [Passed(kind, "ignored")]


def test_generic_takes_our_own_outcomes_each_judged_alone() -> None:
    good = {"type": "clicked", "email_id": EMAIL, "at": "2026-06-01T14:00:00+02:00", "url": LINK, "event_id": "1"}
    bad = [{**good, "type": "loved"}, {**good, "extra": 1}, {"type": "opened"}, {"type": []}, None]
    reading = Generic().read(Call({}, orjson.dumps({"outcomes": [*bad, good]}), AT))
    assert [(one.type, one.at) for one in reading.outcomes] == [("clicked", AT)]
    assert [one.reason for one in reading.passed] == ["malformed"] * len(bad)


@pytest.mark.parametrize("provider", [SendGrid(), Generic()], ids=["sendgrid", "generic"])
@pytest.mark.parametrize("body", [b"{}", b"null", b"[", b'{"outcomes": {}}'])
def test_a_body_of_another_shape_is_refused(provider: Provider, body: bytes) -> None:
    with pytest.raises(MalformedBody):
        provider.read(Call({}, body, AT))


def _ours(name: str) -> st.SearchStrategy[Any]:
    """Values of every kind, where a provider has texts and objects."""
    leaves = st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=5) | st.sampled_from([EMAIL, name])
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
        max_leaves=12,
    )


_NAMES = [
    "event", "timestamp", "email_id", "smtp-id", "sg_event_id", "type", "url", "useragent", "event-data", "signature",
    "token", "message", "headers", "user-variables", "client-info", "severity", "RecordType", "Type", "Metadata",
    "eventType", "mail", "tags", "open", "data", "created_at", "click", "bounce", "outcomes", "at", "name", "value",
]  # fmt: skip


@given(st.data())
def test_whatever_is_signed_is_read_or_refused_in_words(data: st.DataObject) -> None:
    provider = data.draw(st.sampled_from(PROVIDERS))
    document = data.draw(_ours("open"))
    try:
        reading = provider.read(
            SNS.call(orjson.dumps(document).decode())
            if provider.name == "ses"
            else Call({}, orjson.dumps(document), AT)
        )
    except MalformedBody:
        return
    assert all(outcome.email_id for outcome in reading.outcomes)
    assert all(len(one.kind) <= 48 for one in reading.passed)


def test_the_moment_of_an_old_open_is_its_own() -> None:
    event = sendgrid_event("open", at=AT - timedelta(days=3))
    assert _only(_sendgrid(event)).at == AT - timedelta(days=3)
