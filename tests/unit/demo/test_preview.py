"""The preview pages: what they show, and that nothing gets out of them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from composer.contract import Rung
from demo.preview import INDEX, pages
from demo.preview.embed import POLICY, Pictures, framed
from demo.preview.views import RUNGS, MailView
from tests.unit.demo.results import HTML, a_block, a_fact, a_pick, a_result, a_skip, a_verdict

HOSTILE = "<script>alert(1)</script>\"'><img src=https://evil.example/x onerror=alert(2)>{{ 7*7 }}"


class Page(HTMLParser):
    """Tags with their attributes, and the visible text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name))]


def only_mail(**changes: object) -> Page:
    made = pages([a_result(**changes)])
    return Page(next(page for name, page in made.items() if name != INDEX))


def test_there_is_an_overview_and_a_page_for_each_email() -> None:
    made = pages([a_result(), a_result(customer="hr-10002", flow="welcome"), a_skip()])
    assert list(made) == [
        INDEX,
        "01-abandoned_cart-hr-10001.html",
        "02-welcome-hr-10002.html",
        "03-newsletter-hr-10099.html",
    ]


def test_every_link_between_the_pages_leads_to_one_of_them() -> None:
    made = pages([a_result(), a_result(customer="hr-10002"), a_skip()])
    for page in made.values():
        assert set(Page(page).values("href")) <= made.keys()


def test_the_overview_counts_what_the_model_wrote() -> None:
    overview = Page(pages([a_result(), a_skip()])[INDEX])
    assert "4 of 5 blocks; the ladder wrote the others" in overview.words
    assert "One customer, one e-mail" in overview.words
    assert "Not sent: no_consent" in overview.words
    assert "Your dripper is still in the basket" in overview.words


def test_an_overview_of_nothing_can_be_opened() -> None:
    assert "No e-mails" in Page(pages([])[INDEX]).words


def test_the_why_names_rung_reason_facts_and_sources() -> None:
    words = only_mail().words
    for expected in (
        "Template block", "price.wrong", "left Ceramic Dripper, Sea Salt in the basket", "demo7-hr-10001-0041",
        "you have bought it before", "demo7-hr-10001-0007", "only £7", "Moka Blend costs £9.50", "closer look",
        "16.7% among 6 arms", "local/SmolLM2-135M-Instruct", "4,210 tokens in, 388 out", "11.4 ms",
    ):  # fmt: skip
        assert expected in words


def test_a_block_names_its_product_and_offer() -> None:
    words = only_mail().words
    assert "Pitch: Moka Blend" in words
    assert "Moka Blend, £9.50" in words
    assert "the offer basket-delivery" in words


def test_warnings_are_told_apart_from_what_was_held_back() -> None:
    mail = MailView(a_result(), 1, Pictures(None))
    assert [verdict.rule for verdict in mail.held] == ["price.wrong", "price.wrong"]
    assert [verdict.rule for verdict in mail.warned] == ["style.spam"]
    assert [(rule.rule, rule.count, len(rule.examples)) for rule in mail.rules] == [("price.wrong", 2, 2)]


def test_the_same_finding_is_shown_once() -> None:
    mail = MailView(a_result(verdicts=[a_verdict()] * 5), 1, Pictures(None))
    assert [(rule.count, len(rule.examples)) for rule in mail.rules] == [(5, 1)]


@pytest.mark.parametrize("rung", list(Rung))
def test_every_rung_has_a_name_and_a_colour(rung: Rung) -> None:
    page = only_mail(blocks=[a_block(rung=rung)])
    assert RUNGS[rung] in page.words
    assert any(f"tone-{rung}" in value for value in page.values("class"))
    style = next(iter(pages([a_result()]).values()))
    assert f".tone-{rung} " in style


def test_a_fact_that_is_gone_shows_its_id() -> None:
    assert "cart-9" in only_mail(blocks=[a_block(facts=["cart-9"])]).words


def test_hostile_text_stays_text_everywhere() -> None:
    result = a_result(
        subject=HOSTILE, preheader=HOSTILE, text=HOSTILE, customer=HOSTILE, flow=HOSTILE, step=HOSTILE,
        headers={HOSTILE: HOSTILE}, decision={"angle": HOSTILE, "offer": HOSTILE}, record=HOSTILE,
        blocks=[a_block(text=HOSTILE, reason=HOSTILE, facts=["f", HOSTILE, "offer"])],
        picks=[
            a_pick(
                title=HOSTILE, reason=HOSTILE, price=HOSTILE,
                evidence=[dict.fromkeys(("kind", "ref", "text"), HOSTILE)],
            )
        ],
        facts=[a_fact("f", text=HOSTILE, kind=HOSTILE, sources=[HOSTILE])],
        verdicts=[a_verdict(HOSTILE, found=HOSTILE, reason=HOSTILE, source=HOSTILE, block=HOSTILE)],
    )  # fmt: skip
    for name, source in pages([result], names={HOSTILE: HOSTILE}).items():
        page = Page(source)
        assert re.fullmatch(r"[\w-]+\.html", name)
        assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "object", "embed", "link"})
        assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
        assert HOSTILE in page.words


def test_the_pages_ask_for_nothing_from_outside() -> None:
    for source in pages([a_result(), a_skip()]).values():
        page = Page(source)
        policy = next(
            a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy is not None
        assert policy.startswith("default-src 'none'; img-src data:;")
        assert all(value.startswith("data:") for value in page.values("src"))
        assert "@import" not in source
        assert "url(" not in source


def test_the_email_lies_in_a_frame_that_can_do_nothing() -> None:
    frame = next(attributes for tag, attributes in only_mail().tags if tag == "iframe")
    assert frame["sandbox"] == ""
    inner = Page(frame["srcdoc"] or "")
    assert (inner.tags[2][0], inner.tags[2][1]["content"]) == ("meta", POLICY)
    assert inner.values("src") == ["data:,"]
    assert "Hello Inês," in inner.words


def test_an_email_without_a_head_is_guarded_too() -> None:
    assert framed("<p>Hello</p>", Pictures(None)).startswith('<meta http-equiv="Content-Security-Policy"')


def test_the_email_itself_is_shown_unchanged_but_for_its_pictures() -> None:
    shown = framed(HTML, Pictures(None))
    assert shown.replace("data:,", "http://localhost:8000/demo/pictures/moka-blend.jpg").endswith(
        HTML.split("<head>")[1]
    )
