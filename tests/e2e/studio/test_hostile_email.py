"""Whatever stands in names, products and model text is text on the page, and can do nothing in the frame."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page

import evals.corpora
from composer.contract import ComposeResult, Rung
from composer.ladder import Round
from composer.record import ComposeRecord
from composer.writing import Attempt, Candidate, WriteOutcome
from evals.snapshot import Snapshot
from evals.verdict import Status, Verdict
from tests.e2e.studio.test_email import changed, email_id, stranger  # noqa: F401  # a fixture
from tests.kit.patience import PATIENCE_S
from tests.kit.studio import Studio

PAYLOADS = (
    "<script>alert(1);fetch('AWAY/s')</script>",
    "<img src=x onerror=alert(2)>",
    "<img src=AWAY/pixel.gif>",
    "</iframe><script>alert(3)</script>",
    "</style></script></title></textarea><svg onload=alert(4)>",
    '"><a href="javascript:alert(5)">x</a>',
    "<a href=AWAY/plain>unquoted</a>",
    "<A HREF='AWAY/upper' target=_top>upper</A>",
    "<a target=_blank href=AWAY/blank>blank</a>",
    '<svg viewBox="0 0 9 9"><a xlink:href="AWAY/svg"><text y="9">svg</text></a></svg>',
    "<style>@import 'AWAY/i.css';*{background:url(AWAY/b.png)}</style>",
    '<div style="background:url(AWAY/bg.png)">styled</div>',
    "<meta http-equiv=refresh content='0;url=AWAY/refresh'>",
    "<base href='AWAY/'>",
    "<link rel=stylesheet href=AWAY/l.css><link rel=prefetch href=AWAY/p>",
    "<form action=AWAY/f><input name=a><button>go</button></form>",
    "<iframe src=AWAY/inner></iframe><object data=AWAY/o></object>",
    "<video src=AWAY/v poster=AWAY/poster autoplay></video>",
    "<body onload=alert(6)><details open ontoggle=alert(7)>",
    "&lt;script&gt;alert(8)&lt;/script&gt; &#60;b&#62;",
    "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>",
    "\u202eesrever\u202c \u2066isolated\u2069 zero\u200bwidth",
    "W" * 400,
)


def _corpus() -> list[str]:
    # Not `splitlines`: a text may hold what Unicode calls the end of a line.
    lines = (Path(evals.corpora.__file__).parent / "injection.jsonl").read_bytes().splitlines()
    return [json.loads(line)["text"] for line in lines]


CORPUS = _corpus()
FIRST, WHOLE = PAYLOADS[0], "\n".join((*PAYLOADS, *CORPUS))


def _hostile(email: ComposeResult, record: ComposeRecord, away: str) -> tuple[ComposeResult, ComposeRecord]:
    """Every text that comes from elsewhere is hostile, and the stored HTML is as if nothing had been escaped."""
    body = "".join(f"<p>{one}</p>" for one in (*PAYLOADS, *CORPUS)).replace("AWAY", away)
    evidence = [{"kind": FIRST, "ref": FIRST, "text": WHOLE}]
    told = {
        "subject": FIRST,
        "preheader": WHOLE,
        "html": email.html.replace("</h1>", f"</h1>{body}", 1),
        "text": WHOLE,
        "blocks": [one.model_copy(update={"text": f"{one.text} {WHOLE}", "reason": FIRST}) for one in email.blocks],
        "picks": [
            one.model_copy(update={"title": FIRST, "reason": WHOLE, "evidence": evidence}) for one in email.picks
        ],
        "verdicts": [_against(FIRST)],
        "usage": email.usage.model_copy(update={"model": FIRST}),
    }
    task = record.task.model_copy(update={"snapshot": _world(record.task.snapshot), "message": WHOLE, "tone": FIRST})
    return email.model_copy(update=told), record.model_copy(update={"task": task, "rounds": (_round(),)})


def _world(snapshot: Snapshot) -> Snapshot:
    fact = snapshot.facts[0].model_copy(update={"id": "hostile", "text": FIRST, "say": "named"})
    told = {
        "products": tuple(
            one.model_copy(update={"name": f"{one.name} {FIRST}", "category": FIRST}) for one in snapshot.products
        ),
        "facts": (fact, *snapshot.facts),
        "person": snapshot.person.model_copy(update={"first_name": FIRST}),
    }
    return snapshot.model_copy(update=told)


def _round() -> Round:
    attempt = Attempt(writer=FIRST, model=FIRST, prompt=FIRST, keys=("opening",), round=0, raw=WHOLE, error=FIRST)
    outcome = WriteOutcome(candidates=(Candidate(key="opening", text=WHOLE, attempt=0),), attempts=(attempt,))
    return Round(writer=FIRST, rung=Rung.MODEL, round=0, keys=("opening",), outcome=outcome)


def _against(text: str) -> Verdict:
    return Verdict(
        rule="html.injection",
        status=Status.FAIL,
        block="opening",
        span=(0, len(text)),
        found=text,
        reason=text,
        source=text,
    )


@dataclass
class Trap:
    """A hostile e-mail, and the server it would reach if it could."""

    email_id: str
    away: str
    asked: list[str]


@pytest.fixture(scope="module")
def trap(studio: Studio, email_id: str) -> Iterator[Trap]:  # noqa: F811
    with stranger() as (away, asked):
        hostile_id = changed(studio, email_id, lambda email, record: _hostile(email, record, away))
        yield Trap(hostile_id, away, asked)


class _Watch:
    """What a page did that it should not: opened a window or a dialog, or went somewhere."""

    def __init__(self, context: BrowserContext, page: Page, own: str) -> None:
        self.seen: list[str] = []
        context.on("dialog", self._dialog)
        context.on("page", lambda opened: self.seen.append("a window") if opened is not page else None)
        page.on("framenavigated", lambda frame: self._went(frame.url, own))

    def _went(self, url: str, own: str) -> None:
        if url != "about:blank" and not url.startswith(own):
            self.seen.append(url)

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()


@pytest.mark.parametrize("view", ["desktop", "dark", "text", "headers"])
def test_hostile_text_is_text_on_the_page_and_nothing_in_the_frame(studio: Studio, trap: Trap, view: str) -> None:
    context = studio.signed_in("editor")
    page = context.new_page()
    watch = _Watch(context, page, studio.url.removesuffix("/studio"))
    page.goto(f"{studio.url}/emails/{trap.email_id}?view={view}")
    page.wait_for_load_state("networkidle")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    told = page.locator("main").inner_text()
    for text in PAYLOADS[:-2]:
        assert " ".join(text.split()) in " ".join(told.split())
    assert "49" not in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watch.seen == []
    assert trap.asked == []
    context.close()


@pytest.mark.parametrize("inside", [True, False], ids=["in the page's frame", "opened by itself"])
def test_nothing_that_is_clicked_in_the_frame_leads_anywhere(studio: Studio, trap: Trap, inside: bool) -> None:
    context = studio.signed_in("editor", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    own = studio.url.removesuffix("/studio")
    frame_path = f"/emails/{trap.email_id}/frame"
    page.goto(f"{studio.url}/emails/{trap.email_id}" if inside else f"{studio.url}{frame_path}")
    page.wait_for_load_state("networkidle")
    watch = _Watch(context, page, own)
    shown = next(frame for frame in page.frames if frame_path in frame.url)
    links = shown.locator("a, button, svg text")
    assert links.count() > len([one for one in PAYLOADS if "<a" in one.lower()])
    for place in range(links.count()):
        links.nth(place).evaluate("one => one.scrollIntoView({block: 'center'})")
        box = links.nth(place).bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(200)
    assert frame_path in shown.url
    assert watch.seen == []
    assert trap.asked == []
    context.close()


def test_what_the_frame_holds_back_would_have_been_seen(studio: Studio, trap: Trap) -> None:
    """The same e-mail where nothing holds it: or the tests above could not fail. It comes last."""
    context = studio.browser.new_context()
    page = context.new_page()
    watch = _Watch(context, page, studio.url)
    email = studio.ask(lambda house: house.composer.get(trap.email_id))
    page.route("**/loose", lambda route: route.fulfill(body=email.html, content_type="text/html"))
    page.goto(f"{studio.url}/loose", wait_until="commit")
    until = time.monotonic() + PATIENCE_S
    while not (watch.seen and trap.asked) and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert watch.seen
    assert trap.asked
    context.close()
