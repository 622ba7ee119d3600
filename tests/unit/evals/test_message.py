"""The finished message is judged on its bytes."""

from __future__ import annotations

import re

import pytest

from evals.guard import check_message
from evals.verdict import Severity, Status, Verdict
from tests.kit.snapshots import MUG, snapshot

ADDRESS = "Fernweh Outfitters, 1 Pine St, Bend, OR 97703, USA"
UNSUBSCRIBE = "https://mail.fernweh.example/u/abc123"
HTML = f"""<!doctype html><html lang="en-US"><head><title>A mug</title></head><body>
<h2>Tin Mug No. 4</h2><img src="https://fernweh.example/mug.jpg" alt="A tin mug"><p>$14.50</p>
<p><a href="https://fernweh.example/p/tin-mug">See the mug</a></p>
<p>{ADDRESS} <a href="{UNSUBSCRIBE}">Unsubscribe</a></p></body></html>"""
TEXT = f"""Tin Mug No. 4
$14.50
See the mug: https://fernweh.example/p/tin-mug

{ADDRESS}
Unsubscribe: {UNSUBSCRIBE}"""
FILLER = "x\n"
HEADERS = f"""From: Fernweh <hello@fernweh.example>
To: mara@mailbox.example
Date: Tue, 10 Mar 2026 09:00:00 +0000
Message-ID: <1@fernweh.example>
Subject: A mug
MIME-Version: 1.0
List-Unsubscribe: <{UNSUBSCRIBE}>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Content-Type: multipart/alternative; boundary="b"
"""


def message(html: str = HTML, text: str = TEXT, headers: str = HEADERS) -> bytes:
    """A whole message as it goes to the wire."""
    parts = (("plain", text), ("html", html))
    body = "".join(
        f"--b\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{part}\n"
        for kind, part in parts
    )
    return f"{headers}\n{body}--b--\n".replace("\n", "\r\n").encode()


def held(mime: bytes) -> list[Verdict]:
    verdicts = check_message(snapshot(products=(MUG,)), mime, postal_address=ADDRESS, subject="A mug")
    assert not any(verdict.crashed for verdict in verdicts)
    return [verdict for verdict in verdicts if verdict.status is Status.FAIL]


def test_a_proper_message_passes_every_check() -> None:
    assert held(message()) == []


BROKEN = {
    "message.one_click": [
        message(headers=HEADERS.replace("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", "")),
        message(headers=HEADERS.replace(f"<{UNSUBSCRIBE}>", "=?utf-8?q?=3Chttps=3A//mail.fernweh.example=3E?=")),
        message(headers=HEADERS.replace("mail.fernweh.example", "elsewhere.example")),
    ],
    "message.unsubscribe": [
        message(html=HTML.replace("Unsubscribe", "Bye")),
        message(text=TEXT.replace("Unsubscribe", "Bye")),
    ],
    "message.address": [message(text=TEXT.replace(ADDRESS, "Bend"))],
    "message.subject": [message(headers=HEADERS.replace("Subject: A mug", "Subject: A tent"))],
    "message.headers": [message(headers=HEADERS.replace("Date: Tue, 10 Mar 2026 09:00:00 +0000\n", ""))],
    "message.alt": [message(html=HTML.replace(' alt="A tin mug"', ""))],
    "message.lang": [message(html=HTML.replace('lang="en-US"', 'lang="de"'))],
    "message.links": [
        message(html=HTML.replace("https://fernweh.example/p", "http://fernweh.example/p")),
        message(text=TEXT.replace("https://fernweh.example/p", "https://fernweh.example.deals.example/p")),
        message(html=HTML.replace("https://fernweh.example/p", "https://fernweh.example@203.0.113.7/p")),
    ],
    "message.parts": [
        message(text=TEXT.replace("$14.50", "$15.50")),
        message(html=HTML.replace("Tin Mug No. 4", "Mug")),
    ],
    "message.lines": [message().replace(b"\r\n", b"\n"), message(text=TEXT + " x" * 600)],
    "message.fields": [message(html=HTML.replace("<h2>", "<p>Hi {first_name}</p><h2>"))],
    "message.size": [message(html=HTML.replace("</body>", FILLER * 51_000 + "</body>"))],
    "price.wrong": [message(html=HTML.replace("$14.50", "$13.50"), text=TEXT.replace("$14.50", "$13.50"))],
    "placeholder.leftover": [message(text=TEXT.replace("See the mug", "See {{ product }}"))],
}


@pytest.mark.parametrize(
    ("rule", "mime"),
    [(rule, mime) for rule, mimes in BROKEN.items() for mime in mimes],
    ids=lambda value: str(value)[:24],
)
def test_a_broken_message_is_held_back(rule: str, mime: bytes) -> None:
    failed = held(mime)
    assert rule in {verdict.rule for verdict in failed}
    assert any(verdict.holds_back for verdict in failed)


def test_a_large_message_is_only_warned_about() -> None:
    (verdict,) = held(message(html=HTML.replace("</body>", FILLER * 41_000 + "</body>")))
    assert (verdict.rule, verdict.severity) == ("message.size", Severity.WARN)


def test_a_demo_on_this_machine_may_link_to_itself_without_tls() -> None:
    local = "http://localhost:8000/u/abc123"
    mime = message(*(part.replace(UNSUBSCRIBE, local) for part in (HTML, TEXT, HEADERS)))
    allowed = check_message(snapshot(products=(MUG,)), mime, own_hosts=("localhost",))
    assert [verdict.rule for verdict in allowed if verdict.holds_back] == []
    refused = check_message(snapshot(products=(MUG,)), mime)
    assert {verdict.rule for verdict in refused if verdict.holds_back} == {"message.one_click", "message.links"}


def test_without_an_address_to_look_for_the_address_is_not_judged() -> None:
    verdicts = check_message(snapshot(products=(MUG,)), message())
    assert [v.status for v in verdicts if v.rule in ("message.address", "message.subject")] == [Status.NOT_JUDGED] * 2


def test_bytes_that_are_no_message_are_held_back_without_an_exception() -> None:
    verdicts = check_message(snapshot(), b"\xff\xfe\x00 nothing")
    assert any(verdict.holds_back for verdict in verdicts)
    assert re.fullmatch(r"message\..*", verdicts[0].rule)


def test_a_sealed_link_that_spells_a_placeholder_by_chance_passes() -> None:
    sealed = UNSUBSCRIBE.replace("abc123", "gAAA___TODO9")
    swapped = [part.replace(UNSUBSCRIBE, sealed) for part in (HTML, TEXT, HEADERS)]

    assert held(message(*swapped)) == []


def test_a_placeholder_beside_a_link_is_still_found() -> None:
    assert "placeholder.leftover" in {v.rule for v in held(message(text=TEXT.replace("See the mug", "See ___")))}
