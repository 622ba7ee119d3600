"""What the preflight answers at its edges: nothing to judge by, bytes that are no message, rules that crash."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from evals.preflight import MESSAGE_RULES, THEMES, check_message
from evals.preflight.message import Message
from evals.preflight.register import MessageRule, Problem, message_rule
from evals.verdict import Severity, Status
from tests.kit.messages import HEADERS, HTML, TEXT, UNSUBSCRIBE, message
from tests.kit.snapshots import MUG, snapshot


def test_a_demo_on_this_machine_may_link_to_itself_without_tls() -> None:
    local = "http://localhost:8000/u/abc123"
    mime = message(*(part.replace(UNSUBSCRIBE, local) for part in (HTML, TEXT, HEADERS)))
    allowed = check_message(snapshot(products=(MUG,)), mime, own_hosts=("localhost",))
    assert [verdict.rule for verdict in allowed if verdict.holds_back] == []
    refused = check_message(snapshot(products=(MUG,)), mime)
    assert {verdict.rule for verdict in refused if verdict.holds_back} == {"message.one_click", "message.links"}


@pytest.mark.parametrize(
    "mime",
    [
        b"",
        b"\xff\xfe\x00 nothing",
        b"Subject: =?x",
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n--b--",
        message().replace(b"8bit", b"x-unknown"),
        message().replace(b"A tin mug", b"A t\xffn mug"),
        message(html="<" * 5000),
        message(html="<p>" * 400 + "deep"),
    ],
)
def test_bytes_that_are_no_proper_message_are_held_back_without_an_exception(mime: bytes) -> None:
    verdicts = check_message(snapshot(), mime)
    assert any(verdict.holds_back for verdict in verdicts)
    assert not any(verdict.crashed for verdict in verdicts)


def test_a_rule_that_crashes_holds_the_message_back_and_is_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(found: Message) -> Iterable[Problem]:
        raise KeyError("colour")

    monkeypatch.setitem(MESSAGE_RULES, "message.size", MessageRule("message.size", broken, Severity.WARN, None))
    (verdict,) = (v for v in check_message(snapshot(products=(MUG,)), message()) if v.status is Status.FAIL)
    assert verdict.crashed
    assert verdict.holds_back
    assert "KeyError" in verdict.reason


def test_each_rule_answers_once_and_tells_its_source() -> None:
    verdicts = check_message(snapshot(products=(MUG,)), message())
    assert len({verdict.rule for verdict in verdicts}) == len(verdicts)
    for rule in MESSAGE_RULES.values():
        assert rule.look.__module__ in {theme.__name__ for theme in THEMES}
        assert (rule.look.__doc__ or "").count(". ") + (rule.look.__doc__ or "").count("\n") >= 1, rule.id


def test_two_files_cannot_answer_for_one_rule() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        message_rule("message.size")(MESSAGE_RULES["message.size"].look)


CDN = "https://cdn.pictures.example/mug.png"


def held(image_url: str | None, shown: str, *pictures: str) -> set[str]:
    """Rules that hold back a message which shows this picture, of a product that is recorded with that one."""
    mug = MUG.model_copy(update={"image_url": image_url})
    page = HTML.replace("</body>", f'<img src="{shown}" alt="A tin mug" width="80" height="80"></body>')
    assert shown in page
    verdicts = check_message(snapshot(products=(mug,)), message(html=page), pictures=pictures)
    return {verdict.rule for verdict in verdicts if verdict.holds_back}


def test_a_products_own_picture_may_lie_on_any_host() -> None:
    assert held(CDN, CDN) == set()


def test_the_logo_may_lie_on_any_host() -> None:
    assert held(None, CDN, CDN) == set()


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        (CDN, CDN + "?c=ada"),
        (None, CDN),
        ("http://cdn.pictures.example/mug.png", "http://cdn.pictures.example/mug.png"),
        ("https://ada@cdn.pictures.example/m.png", "https://ada@cdn.pictures.example/m.png"),
    ],
)
def test_no_other_picture_of_a_foreign_host_is_sent(recorded: str | None, shown: str) -> None:
    assert held(recorded, shown) == {"message.links"}
