"""Every message rule has messages that break it and nothing else; without the rule they would go out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evals.preflight import MESSAGE_RULES
from evals.snapshot import BrandFacts
from evals.verdict import Severity
from tests.kit.messages import (
    HTML,
    MUG_URL,
    SENDER,
    TEXT,
    UNSUBSCRIBE,
    failures,
    in_headers,
    in_html,
    in_text,
    message,
)
from tests.kit.snapshots import BRAND, MUG

OTHER = "https://mail.fernweh.example/u/other"
LONG_WORD = "=?utf-8?q?" + "a" * 70 + "?="

BROKEN: dict[str, list[bytes]] = {
    "message.headers": [
        in_headers("To: mara@mailbox.example\n", ""),
        in_headers("To: mara@mailbox.example\n", "To: mara@mailbox.example\nTo: eve@mailbox.example\n"),
        in_headers("MIME-Version: 1.0\n", "MIME-Version: 1.0\nBcc: all@mailbox.example\n"),
    ],
    "message.date": [in_headers("Tue, 10 Mar 2026 09:00:00 +0000", "soon"), in_headers("09:00:00 +0000", "09:00:00")],
    "message.id": [in_headers("<1@fernweh.example>", "1@fernweh.example"), in_headers("<1@", "<1 2@")],
    "message.list_id": [
        in_headers("List-Id: <fernweh.fernweh.example>\n", ""),
        in_headers("<fernweh.fernweh.example>", "our letter"),
    ],
    "message.one_click": [
        in_headers("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", ""),
        in_headers("=One-Click", "=one"),
        in_headers(f"List-Unsubscribe: <{UNSUBSCRIBE}>\n", ""),
        in_headers(f"<{UNSUBSCRIBE}>", "<mailto:out@fernweh.example>"),
        in_headers(f"<{UNSUBSCRIBE}>", "=?utf-8?q?=3Chttps=3A//mail.fernweh.example=3E?="),
        in_headers(f": <{UNSUBSCRIBE}>", f":\n <{UNSUBSCRIBE}>"),
        in_headers("mail.fernweh.example", "elsewhere.example"),
        in_headers(f"<{UNSUBSCRIBE}>", "<http://mail.fernweh.example/u/abc123>"),
    ],
    "message.sender": [
        in_headers(SENDER, "Somebody Else"),
        in_headers(f"{SENDER} <hello@fernweh.example>", "hello@fernweh.example"),
        in_headers("<hello@fernweh.example>", "<hello@fernweh.example>, Eve <eve@fernweh.example>"),
    ],
    "message.encoding": [
        in_headers("mara@mailbox", "Märä <mara@mailbox"),
        in_headers("To: ", f"To: {LONG_WORD} "),
        in_headers("To: ", "To: =?utf-8?q?Mara=0D=0ABcc?= "),
        in_headers("To: ", "To: =?utf-8?b?4oCubW9jLmV2ZQ==?= "),
        in_headers("To: ", "To: =?no-such-charset?q?M=E4ra?= "),
    ],
    "message.subject": [in_headers("Subject: A mug", "Subject: A tent")],
    "message.lines": [
        message().replace(b"A tin mug", b"A tin\nmug"),
        message().replace(b"A tin mug", b"A tin\rmug"),
        message(text=TEXT + " x" * 600),
    ],
    "message.structure": [
        message().replace(b"multipart/alternative", b"multipart/mixed"),
        message().replace(b"--b--", b"--b\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN\r\n--b--"),
    ],
    "message.charset": [
        message().replace(b"text/plain; charset=utf-8", b"text/plain; charset=iso-8859-1"),
        message().replace(b"text/plain; charset=utf-8", b"text/plain"),
    ],
    "message.size": [in_html("</body>", "<!-- " + "filler\n" * 15_000 + "--></body>")],
    "message.unsubscribe": [
        in_html(">Unsubscribe<", ">Bye<"),
        in_text("Unsubscribe:", "Bye:"),
        in_text(UNSUBSCRIBE, OTHER),
        in_html("<table", "<!-- " + "filler\n" * 13_000 + "--><table"),
        message(text="\n".join("word " * 100 for _ in range(181)) + "\n\n" + TEXT),
    ],
    "message.address": [in_text("Pine St", "Elm St"), in_html("Pine St", "Elm St")],
    "message.links": [
        in_html(f'style="color:#1f5c4d" href="{MUG_URL}"', f'style="color:#1f5c4d" href="{MUG_URL[:4]}{MUG_URL[5:]}"'),
        in_text(f"See the mug: {MUG_URL}", "See the mug: https://fernweh.example.deals.example/p/tin-mug"),
        *(
            in_html(f'<a href="{MUG_URL}">', f'<a href="{url}">')
            for url in (
                "https://fernweh.example@203.0.113.7/p",
                "https://203.0.113.7/p",
                "https://fernweh.example:8443/p",
                "https://xn--frnweh-4ve.example/p",
                "https://fernwеh.example/p",
                "https://fernweh.example\u200b.deals.example/p",
                "//deals.example/p",
                "javascript:alert(1)",
                "data:text/html,x",
                "",
            )
        ),
        in_html("https://fernweh.example/mug.jpg", "https://pixel.example/mug.jpg"),
    ],
    "message.link_disguise": [in_html(">See the mug<", ">www.paypal.example<")],
    "message.active": [
        *(
            in_html("</body>", f"{element}</body>")
            for element in ("<script></script>", "<form></form>", "<iframe></iframe>", "<svg></svg>")
        ),
        in_html("<table ", '<table onclick="x()" '),
        in_html("<title>", '<meta http-equiv="refresh" content="0"><title>'),
    ],
    "message.remote": [
        in_html("<title>", '<link rel="stylesheet" href="https://fernweh.example/x.css"><title>'),
        in_html("<style>", "<style>@import 'https://fonts.example/x.css';"),
        in_html("color:#222222", "color:#222222;background-image:url(https://pixel.example/x)"),
        in_html("<table ", '<table background="https://pixel.example/x" '),
    ],
    "message.hidden": [
        *(
            in_html("</table>", f'</table><p style="{style}">secret words</p>')
            for style in (
                "display:none",
                "visibility:hidden",
                "font-size:0",
                "font-size:1px",
                "opacity:0",
                "mso-hide:all",
                "max-height:0;overflow:hidden",
                "color:#ffffff",
                "text-indent:-9999px",
            )
        ),
        in_html("</table>", "</table><p hidden>secret words</p>"),
        in_html("<table", "<!--[if mso]><p>secret words</p><![endif]--><table"),
        in_html("A cup for the road.", "A cup for the road. " * 12),
    ],
    "message.lang": [
        in_html('<html lang="en-US"', '<html lang="de"'),
        in_html('<html lang="en-US" dir="ltr"', '<html lang="en-US" dir="rtl"'),
        in_html('class="page" lang="en-US" dir="ltr"', 'class="page"'),
    ],
    "message.alt": [in_html(' alt="A tin mug">', ">A mug"), in_html('alt="A tin mug">', 'alt="">A mug')],
    "message.contrast": [
        in_html("color:#333333", "color:#999999"),
        in_html("color:#222222", "color:#222222;background:#4a4a4a"),
        in_html("color:#333333", "color:oklch(50% 0.1 200)"),
    ],
    "message.dark_contrast": [
        in_html("#ece9e2 !important", "#3a3a3a !important"),
        in_html("color: #9db8ae", "background-color: #777777"),
    ],
    "message.font_size": [in_html("font-size:16px", "font-size:12px"), in_html("font-size:14px", "font-size:50%")],
    "message.roles": [in_html('<table role="presentation">', "<table>")],
    "message.link_text": [
        *(
            message(html=HTML.replace("See the mug", words), text=TEXT)
            for words in ("Click here!", "hier klicken", "Cliquez ici", "haz clic aquí", "Clicca qui")
        ),
        in_html('alt="A tin mug"', 'alt="" role="presentation"'),
    ],
    "message.parts": [
        in_html("<h2", "<p>12% of 30</p><h2"),
        in_text("See the mug", "See mug no. 5"),
        in_text("* Tin Mug No. 4", "* Mug 4"),
    ],
    "message.fields": [in_headers("List-Id: <", "List-Id: {first_name} <").replace(b"A tin mug", b"{first_name}")],
    "message.display": [in_html("A cup for the road.", ""), in_html("A cup for the road.", "A cup, " * 20)],
}
ONLY_WARNED = {"message.display"}


def cases() -> list[tuple[str, bytes]]:
    return [(rule, mime) for rule, mimes in BROKEN.items() for mime in mimes]


@pytest.mark.parametrize(("rule", "mime"), cases(), ids=[rule for rule, _ in cases()])
def test_a_message_that_breaks_one_rule_is_told_by_that_rule_alone(rule: str, mime: bytes) -> None:
    found = failures(mime)
    assert [verdict.reason for verdict in found if verdict.crashed] == []
    if rule in ONLY_WARNED:
        assert {verdict.rule for verdict in found} == {rule}
    assert {verdict.rule for verdict in found if verdict.holds_back} == {rule} - ONLY_WARNED


def test_a_proper_message_passes_every_check() -> None:
    assert failures(message()) == []


def test_every_rule_is_broken_by_some_message() -> None:
    assert set(BROKEN) | {"message.reduction"} == set(MESSAGE_RULES)


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_without_its_rule_a_broken_message_would_go_out(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MESSAGE_RULES, rule)
    for mime in BROKEN[rule]:
        assert [verdict.rule for verdict in failures(mime) if verdict.holds_back] == []


WARNED: dict[str, bytes] = {
    "message.size": in_html("</body>", "<!-- " + "filler\n" * 11_800 + "--></body>"),
    "message.font_size": in_html('<p style="font-size:14px">Fernweh', '<p style="font-size:11px">Fernweh'),
    "message.display": in_headers("Subject: A mug", f"Subject: A mug for the road{' and back again' * 3}"),
}


@pytest.mark.parametrize("rule", WARNED)
def test_what_is_only_unwise_is_warned_about_and_sent(rule: str) -> None:
    found = failures(WARNED[rule], subject=None)
    assert {(verdict.rule, verdict.severity) for verdict in found} == {(rule, Severity.WARN)}


REDUCED = MUG.model_copy(update={"compare_at_price": Decimal("18.00")})


def _in_euros() -> BrandFacts:
    return BRAND.model_copy(update={"currency": "EUR"})


def reduced(currency: str = "$") -> bytes:
    """The mug with its former price struck."""
    html = HTML.replace("$14.50", f"{currency}14.50 <s>{currency}18.00</s>")
    return message(html=html, text=TEXT.replace("$14.50", f"{currency}14.50 (was {currency}18.00)"))


def test_in_the_eu_a_former_price_needs_its_basis() -> None:
    euros = REDUCED.model_copy(update={"currency": "EUR"})
    (verdict,) = failures(reduced("€"), products=(euros,), brand=_in_euros())
    assert verdict.rule == "message.reduction"
    founded = euros.model_copy(update={"compare_at_basis": "lowest_30_days"})
    assert failures(reduced("€"), products=(founded,), brand=_in_euros()) == []


def test_outside_the_eu_a_former_price_may_stand() -> None:
    assert failures(reduced(), products=(REDUCED,)) == []


def test_without_its_rule_an_unfounded_former_price_would_go_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MESSAGE_RULES, "message.reduction")
    euros = REDUCED.model_copy(update={"currency": "EUR"})
    assert failures(reduced("€"), products=(euros,), brand=_in_euros()) == []
