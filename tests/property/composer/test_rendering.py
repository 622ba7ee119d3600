"""Whatever text a block, a product or a name holds, the e-mail stays one e-mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.message import Envelope, build_message
from composer.names import clean_first_name, fill_first_name
from composer.render import Renderer
from prompts.library import Library
from tests.kit.emails import make_brand, make_draft, make_product, make_products, make_rendering

RENDERER = Renderer(Library.load().layout())
HOSTILE = st.sampled_from(
    ["<script>alert(1)</script>", '" onload="x', "{{ 7 * 7 }}", "{% raw %}", "</td></table>", "&amp;", "--><b>", "]]>"]
)
TEXTS = st.one_of(st.text(max_size=60), st.builds("{} {} {}".format, st.text(max_size=9), HOSTILE, st.text(max_size=9)))
FEW = settings(max_examples=60, deadline=None)


class Tags(HTMLParser):
    """Counts tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}


def tags(text: str) -> Tags:
    """Of an e-mail in which everything that can be free text is `text`."""
    products = (make_product(0, name=text, reason=text), make_product(1))
    draft = make_draft(products, **dict.fromkeys(["subject", "preheader", "opening", "pitch", "closing", "cta"], text))
    return Tags(RENDERER.render(make_rendering(products, draft=draft, first_name=text)).html)


@FEW
@given(text=TEXTS)
def test_no_text_adds_a_tag_or_an_attribute(text: str) -> None:
    harmless, tried = tags("x\nx"), tags(text)
    assert set(tried.names) <= set(harmless.names)
    assert tried.attributes <= harmless.attributes


@FEW
@given(prices=st.lists(st.decimals("0.01", "99999", places=2), min_size=1, max_size=6))
def test_html_and_text_hold_the_same_prices(prices: list[Decimal]) -> None:
    products = tuple(
        product.model_copy(update={"price": price})
        for product, price in zip(make_products(len(prices)), prices, strict=True)
    )
    email = RENDERER.render(make_rendering(products, draft=make_draft(products)))
    visible = re.sub(r"<style.*?</style>", "", email.html, flags=re.DOTALL)
    found = [re.findall(r"£[\d,]+\.\d\d", part) for part in (visible, email.text)]
    assert found[0] == found[1] == [f"£{price:,.2f}" for price in prices]


@FEW
@given(subject=TEXTS, name=st.one_of(st.none(), TEXTS))
def test_any_subject_and_name_make_one_message_of_the_same_bytes(subject: str, name: str | None) -> None:
    products = make_products(1)
    draft = make_draft(products, subject=f"{{first_name}}, {subject}")
    rendering = make_rendering(products, draft=draft, first_name=name)
    envelope = Envelope(
        brand=make_brand(),
        to="anna@example.com",
        email_id="msg_1",
        campaign="c",
        date=datetime(2026, 11, 21, tzinfo=UTC),
        unsubscribe_url="https://mail.fennelrow.example/u/x",
    )
    raw = build_message(RENDERER.render(rendering), envelope)
    assert raw == build_message(RENDERER.render(rendering), envelope)
    message = message_from_bytes(raw, policy=default)
    assert len(message.keys()) == len(set(message.keys())) == 11
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert message.defects == []


@given(raw=st.text(max_size=80))
def test_a_cleaned_name_is_short_visible_and_stays_itself(raw: str) -> None:
    name = clean_first_name(raw)
    if name is not None:
        assert 0 < len(name) <= 40
        assert name.isprintable()
        assert clean_first_name(name) == name


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_the_token_never_stays(before: str, after: str) -> None:
    assert "{first_name}" not in fill_first_name(f"{before}{{first_name}}{after}", None)
