"""The finished e-mail: right in structure with any picks, honest in its prices, safe with any text."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser
from typing import get_args

import pytest

from composer.colors import contrast, dark_palette, light_palette, problems
from composer.documents import Colors
from composer.render import InvalidLayout, Rendered, Renderer, Rendering
from composer.templates import BlockTemplates, template_email
from evals.draft import Draft
from evals.preflight.contrast import MIN_CONTRAST
from prompts.library import Library
from prompts.model import FlowName
from store.errors import InvalidInput
from tests.kit.emails import (
    make_brand,
    make_draft,
    make_offer,
    make_product,
    make_products,
    make_remembering_snapshot,
    make_rendering,
    make_task,
)

# Gmail cuts an e-mail off at about 102 kB of HTML; links grow when they are rewritten for tracking.
MOST_BYTES = 90_000


class Page(HTMLParser):
    """What a mail client would find: tags with attributes, links with their texts, visible words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._link: str | None = None
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag in ("style", "title", "xml") or (self._silent and tag != "body")
        if tag == "a":
            self._link = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.words.append(data)
        if self._link:
            self.links[self._link] = self.links.get(self._link, "") + data.strip()

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def renderer(library: Library) -> Renderer:
    return Renderer(library.layout())


def rendered(renderer: Renderer, **changes: object) -> tuple[Rendered, Page]:
    email = renderer.render(make_rendering(**changes))  # type: ignore[arg-type]
    return email, Page(email.html)


@pytest.mark.parametrize("flow", get_args(FlowName))
@pytest.mark.parametrize("count", range(1, 7))
def test_every_flow_renders_with_one_to_six_picks(
    library: Library, renderer: Renderer, flow: FlowName, count: int
) -> None:
    for offer in (None, make_offer(terms="Once per customer.")):
        snapshot = make_remembering_snapshot(flow, count, offer=offer)
        templates = BlockTemplates(library.fallback(flow, "en"), make_task(snapshot, library.flow(flow)), count)
        draft = template_email(templates, snapshot)
        for name, pictured in (("Anna", True), (None, False)):
            products = snapshot.products
            if not pictured:
                products = tuple(product.model_copy(update={"image_url": None}) for product in products)
            email, page = rendered(renderer, products=products, draft=draft, offer=offer, first_name=name)
            assert page.text.count("Hi Anna,") == (name is not None)
            assert len(page.all("img")) == (count if pictured else 0)
            assert ("HELLO10" in page.text) == ("HELLO10" in email.text) == (offer is not None)
            assert len(page.all("h2")) == count
            assert len(email.html.encode()) < MOST_BYTES
            assert "{" not in page.text + email.text + email.subject


def test_the_structure_of_an_email(renderer: Renderer) -> None:
    """Read top to bottom: changes here are changes every reader sees."""
    email, _ = rendered(renderer, offer=make_offer(terms="Once per customer."))
    assert email.text == (
        "Hi Anna,\n\nHere is what we chose.\n\n"
        "* Moka Pot, Three Cups - £29.00\n  Goes with what you have\n  One we like.\n"
        "  https://www.fennelrow.example/p/0\n\n"
        "* Huehuetenango - £9.50\n  Goes with what you have\n  One we like.\n"
        "  https://www.fennelrow.example/p/1\n\n"
        "* Linen Tea Towel - £14.00\n  Goes with what you have\n  One we like.\n"
        "  https://www.fennelrow.example/p/2\n\n"
        "10% off orders of £30 or more\nYour code: HELLO10\nValid until 5 December 2026\nOnce per customer.\n\n"
        "That is all.\n\nSee the shop: https://www.fennelrow.example/\n\n-- \n"
        "Sent by Fennel Row\n4 Fennel Row, Kendal LA9 4XX, United Kingdom\n"
        "Fennel Row Ltd, registered in England.\n\n"
        "Unsubscribe: https://mail.fennelrow.example/u/token\n"
    )


def test_html_and_text_say_the_same(renderer: Renderer) -> None:
    email, page = rendered(renderer, offer=make_offer())
    for line in email.text.splitlines():
        said = re.sub(r"^[* ]+|https?://\S+|^Your code: |: $", "", line).strip()
        for part in filter(None, said.removesuffix(":").split(" - ")):
            assert part in page.text + " -- ", part


def test_the_required_blocks_are_there_whatever_the_draft(renderer: Renderer) -> None:
    email, page = rendered(renderer, preferences_url="https://mail.fennelrow.example/p/token")
    for text in (page.text, email.text):
        assert "4 Fennel Row, Kendal LA9 4XX, United Kingdom" in text
        assert "Sent by Fennel Row" in text
        assert "registered in England" in text
    assert page.links["https://mail.fennelrow.example/u/token"] == "Unsubscribe"
    assert page.links["https://mail.fennelrow.example/p/token"] == "What we remember about you"
    assert "https://mail.fennelrow.example/u/token" in email.text


def test_a_former_price_stands_struck_beside_a_lower_one_and_nowhere_else(renderer: Renderer) -> None:
    products = (
        make_product(0, compare_at_price=Decimal("35.00")),
        make_product(1, compare_at_price=Decimal("9.50")),
        make_product(2, compare_at_price=Decimal("1.00")),
    )
    email, page = rendered(renderer, products=products, draft=make_draft(products))
    assert len(page.all("s")) == 1
    assert "£29.00 (was £35.00)" in email.text
    assert "£35.00" in page.text
    assert "£1.00" not in page.text + email.text


def test_a_product_without_a_price_shows_none(renderer: Renderer) -> None:
    products = (make_product(0, price=None),)
    email, page = rendered(renderer, products=products, draft=make_draft(products))
    assert "£" not in page.text + email.text
    assert "None" not in page.text + email.text


@pytest.mark.parametrize(
    ("locale", "currency", "price"),
    [
        ("en-US", "USD", "$1,249.00"),
        ("de-DE", "EUR", "1.249,00\xa0€"),
        ("fr-FR", "JPY", "1\u202f249\xa0JPY"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(renderer: Renderer, locale: str, currency: str, price: str) -> None:
    products = (make_product(0, price=Decimal(1249), currency=currency),)
    email, page = rendered(renderer, products=products, draft=make_draft(products), locale=locale)
    assert price in email.text
    assert " ".join(price.split()) in page.text


def test_every_picture_has_a_text_and_every_layout_table_its_role(renderer: Renderer) -> None:
    _, page = rendered(renderer, offer=make_offer())
    assert [image["alt"] for image in page.all("img")] == [
        "Moka Pot, Three Cups", "Huehuetenango", "Linen Tea Towel",
    ]  # fmt: skip
    assert all(table.get("role") == "presentation" for table in page.all("table"))


def test_language_and_direction_stand_on_html_and_on_the_bodys_first_child(renderer: Renderer) -> None:
    for locale, direction in (("en-GB", "ltr"), ("ar-EG", "rtl")):
        _, page = rendered(renderer, locale=locale)
        names = [name for name, _ in page.tags]
        first = page.tags[names.index("body") + 1][1]
        for attributes in (page.all("html")[0], first):
            assert (attributes["lang"], attributes["dir"]) == (locale, direction)


def test_nothing_is_fetched_from_anyone_but_the_shop(renderer: Renderer) -> None:
    """MJML's default font would add a link to Google Fonts to every e-mail."""
    email, page = rendered(renderer)
    assert page.all("link") == page.all("script") == []
    assert "@import" not in email.html
    hosts = {re.split(r"[/:?]", url)[3] for url in re.findall(r"https?://[^\s\"'<)]+", email.html)}
    assert hosts <= {"www.fennelrow.example", "img.fennelrow.example", "mail.fennelrow.example", "www.w3.org"}


def test_dark_mode_and_phone_rules_survive_inlining(renderer: Renderer) -> None:
    email, page = rendered(renderer)
    assert {"name": "color-scheme", "content": "light dark"} in page.all("meta")
    assert "prefers-color-scheme: dark" in email.html
    assert "max-width: 480px" in email.html
    assert 'class="greeting serif" style="' in email.html


def test_no_text_is_smaller_than_fourteen_pixels(renderer: Renderer) -> None:
    _, page = rendered(renderer, offer=make_offer())
    styles = [a.get("style") or "" for name, a in page.tags if name in ("p", "a", "h1", "h2", "span")]
    rules = [style for style in styles if "border-top" in style]
    sizes = [int(size) for style in styles for size in re.findall(r"font-size: ?(\d+)px", style) if style not in rules]
    assert sizes
    assert min(sizes) >= 14


def test_the_preheader_is_hidden_and_padded_so_that_the_body_does_not_follow_it(renderer: Renderer) -> None:
    email, page = rendered(renderer)
    hidden = [a for a in page.all("div") if "display:none" in (a.get("style") or "").replace(" ", "")]
    assert len(hidden) == 1
    start = email.html.index("Chosen for you.")
    assert email.html[start:].split("</div>")[0].count("\u034f") > 100


def test_a_single_pick_leads_the_button_to_it_and_many_to_the_shop(renderer: Renderer) -> None:
    products = make_products(1)
    _, one = rendered(renderer, products=products, draft=make_draft(products))
    assert one.links["https://www.fennelrow.example/p/0"].endswith("See the shop")
    _, many = rendered(renderer)
    assert many.links["https://www.fennelrow.example/"].endswith("See the shop")
    _, own = rendered(renderer, cta_url="https://www.fennelrow.example/cart")
    assert own.links["https://www.fennelrow.example/cart"] == "See the shop"


def test_given_links_replace_the_products_own_everywhere(renderer: Renderer) -> None:
    links = {"p0": "https://mail.fennelrow.example/c/abc"}
    email, _ = rendered(renderer, links=links)
    assert "https://www.fennelrow.example/p/0" not in email.html + email.text
    assert email.html.count(links["p0"]) == 3


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "javascript://x/%0aalert(1)", "", "//evil.example", "http://[bad"],
)
def test_an_address_from_the_feed_that_is_none_for_the_web_is_not_linked(renderer: Renderer, url: str) -> None:
    products = (make_product(0, url=url, image_url=url),)
    email, page = rendered(renderer, products=products, draft=make_draft(products))
    assert page.all("img") == []
    assert not url or url not in email.html + email.text
    assert all(link.startswith("https://") for link in page.links)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://cdn.pictures.example/tea.png", True),
        ("http://cdn.pictures.example/tea.png", False),
        ("https://ada@cdn.pictures.example/tea.png", False),
    ],
)
def test_a_picture_may_lie_anywhere_but_is_left_out_where_mail_clients_would_not_fetch_it(
    renderer: Renderer, address: str, shown: bool
) -> None:
    products = (make_product(0, image_url=address),)
    _, page = rendered(renderer, products=products, draft=make_draft(products))
    assert [image["src"] for image in page.all("img")] == ([address] if shown else [])


def test_a_name_in_a_block_is_filled_and_without_one_goes_with_its_comma(renderer: Renderer) -> None:
    products = make_products(1)
    draft = make_draft(products, subject="{first_name}, a quick one", opening="Right then, {first_name}. Tea?")
    with_name, _ = rendered(renderer, products=products, draft=draft, first_name="anna")
    without, _ = rendered(renderer, products=products, draft=draft, first_name=None)
    assert (with_name.subject, without.subject) == ("Anna, a quick one", "A quick one")
    assert "Right then, Anna. Tea?" in with_name.text
    assert "Right then. Tea?" in without.text
    assert without.text.startswith("Hello,\n")


def test_a_logo_takes_the_place_of_the_wordmark(renderer: Renderer) -> None:
    brand = make_brand(logo_url="https://www.fennelrow.example/logo.png")
    _, page = rendered(renderer, brand=brand)
    assert page.all("img")[0]["alt"] == "Fennel Row"


def test_equal_input_gives_equal_output(library: Library, renderer: Renderer) -> None:
    again = Renderer(library.layout())
    assert renderer.render(make_rendering()) == again.render(make_rendering())


def test_a_draft_that_lacks_a_block_is_refused_by_name(renderer: Renderer) -> None:
    rendering: Rendering = make_rendering().model_copy(update={"draft": Draft(blocks=())})
    with pytest.raises(InvalidInput, match="The draft has no"):
        renderer.render(rendering)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("<mj-divider />", "<mj-dividr />", "mj-dividr"), ("</mj-wrapper>", "", "Correct the MJML")],
)
def test_a_layout_that_would_lose_content_is_refused(library: Library, old: str, new: str, words: str) -> None:
    layout = library.layout()
    broken = layout.model_copy(update={"mjml": layout.mjml.replace(old, new, 1)})
    with pytest.raises(InvalidLayout, match=words):
        Renderer(broken)


HARD_COLORS = Colors(
    accent="#ffe08a", accent_text="#ffffff", background="#ffffff", card="#fafafa", text="#999999", muted="#cccccc"
)


@pytest.mark.parametrize(
    "colors",
    [Colors(), HARD_COLORS, Colors(accent="#0b0b0b"), Colors(card="#202020", background="#101010")],
)
def test_every_text_colour_can_be_read_in_light_and_dark(colors: Colors) -> None:
    light, dark = light_palette(colors), dark_palette(colors)
    assert contrast(light["accent_text"], light["accent"]) >= MIN_CONTRAST
    everywhere = ("card", "background", "tint")
    for ink, papers in {"text": everywhere, "muted": everywhere, "link": ("card",)}.items():
        assert min(contrast(light[ink], light[paper]) for paper in papers) >= MIN_CONTRAST
        assert min(contrast(dark[ink], dark[paper]) for paper in papers) >= MIN_CONTRAST


def test_illegible_brand_colours_are_named_and_sound_ones_left_alone() -> None:
    assert problems(Colors()) == []
    assert any("accent_text on accent" in problem for problem in problems(HARD_COLORS))
    assert Counter(light_palette(Colors()).values()) >= Counter(["#22211f", "#5f5b54", "#ffffff"])
