"""A proper e-mail of the outdoor shop in `tests.kit.snapshots`, to be broken in one place at a time."""

from __future__ import annotations

from typing import Any

from evals.preflight import check_message
from evals.verdict import Status, Verdict
from tests.kit.snapshots import MUG, snapshot

SENDER = "Fernweh Outfitters"
ADDRESS = "Fernweh Outfitters, 1 Pine St, Bend, OR 97703, USA"
UNSUBSCRIBE = "https://mail.fernweh.example/u/abc123"
MUG_URL = "https://fernweh.example/p/tin-mug"
SUBJECT = "A mug"
SIGNATURE = "-- "
HTML = f"""<!doctype html><html lang="en-US" dir="ltr"><head><title>A mug</title><style>
@media (prefers-color-scheme: dark) {{ .page, body {{ background-color: #141412 !important; }}
.page p, h2 {{ color: #ece9e2 !important; }} .page a {{ color: #9db8ae !important; }} }}</style></head>
<body style="background-color:#f5f3ee"><div class="page" lang="en-US" dir="ltr" style="background-color:#ffffff">
<div style="display:none;font-size:1px">A cup for the road.&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;</div>
<table role="presentation"><tr><td><h2 style="color:#222222">Tin Mug No. 4</h2>
<a href="{MUG_URL}"><img src="https://fernweh.example/mug.jpg" alt="A tin mug"></a>
<p style="color:#333333;font-size:16px">$14.50</p>
<p style="font-size:16px"><a style="color:#1f5c4d" href="{MUG_URL}">See the mug</a></p></td></tr></table>
<p style="font-size:14px"><a href="{UNSUBSCRIBE}">Unsubscribe</a></p>
<p style="font-size:14px">{ADDRESS}</p></div></body></html>"""
TEXT = f"""* Tin Mug No. 4 - $14.50
  {MUG_URL}

See the mug: {MUG_URL}

{SIGNATURE}
{ADDRESS}

Unsubscribe: {UNSUBSCRIBE}"""
HEADERS = f"""From: {SENDER} <hello@fernweh.example>
To: mara@mailbox.example
Date: Tue, 10 Mar 2026 09:00:00 +0000
Message-ID: <1@fernweh.example>
Subject: {SUBJECT}
MIME-Version: 1.0
List-Id: <fernweh.fernweh.example>
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


def in_html(old: str, new: str, count: int = -1) -> bytes:
    """The message with something else in its HTML. Raises ValueError when `old` is not in it."""
    return message(html=_replaced(HTML, old, new, count))


def in_text(old: str, new: str) -> bytes:
    """The message with something else in its text part."""
    return message(text=_replaced(TEXT, old, new))


def in_both(old: str, new: str) -> bytes:
    """The message with something else in both parts."""
    return message(html=_replaced(HTML, old, new), text=_replaced(TEXT, old, new))


def in_headers(old: str, new: str) -> bytes:
    """The message with something else in its headers."""
    return message(headers=_replaced(HEADERS, old, new))


def _replaced(text: str, old: str, new: str, count: int = -1) -> str:
    if old not in text:
        raise ValueError(f"{old!r} is not in the message that the test wants to break")
    return text.replace(old, new, count)


def failures(mime: bytes, *, subject: str | None = SUBJECT, **changes: Any) -> list[Verdict]:
    """What is wrong with a message, warnings included."""
    world = snapshot(**{"products": (MUG,), **changes})
    verdicts = check_message(world, mime, postal_address=ADDRESS, subject=subject)
    return [verdict for verdict in verdicts if verdict.status is Status.FAIL]
