"""What the preflight reads: bytes into parts, styles into looks, a page into what can be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.market import is_eu_market
from evals.preflight.contrast import contrast_ratio, needed_contrast
from evals.preflight.mime import Entity
from evals.preflight.page import Page
from evals.preflight.styles import UnreadableColor, color_of, style_of


def page(body: str, css: str = "") -> Page:
    return Page(f"<html><head><style>{css}</style></head><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("value", "color"),
    [
        ("#abc", (170, 187, 204)),
        ("#a0b1c2", (160, 177, 194)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("rgba(1,2,3,1)", (1, 2, 3)),
        ("rgba(1,2,3,0)", None),
        ("#fff url(x.png) no-repeat", (255, 255, 255)),
        ("navy", (0, 0, 128)),
        ("transparent", None),
    ],
)
def test_colours_are_read_as_css_writes_them(value: str, color: object) -> None:
    assert color_of(value) == color


@pytest.mark.parametrize("value", ["rgba(0,0,0,0.5)", "hsl(1 2% 3%)", "papayawhip"])
def test_a_colour_that_cannot_be_judged_is_not_guessed(value: str) -> None:
    with pytest.raises(UnreadableColor):
        color_of(value)
    assert style_of(f"color:{value}").unreadable == value


def test_contrast_is_as_wcag_defines_it() -> None:
    assert contrast_ratio((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast_ratio((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)
    assert needed_contrast(24, bold=False) == needed_contrast(19, bold=True) == 3.0
    assert needed_contrast(19, bold=False) == needed_contrast(16, bold=True) == 4.5


Colors = st.tuples(*[st.integers(0, 255)] * 3)


@given(Colors, Colors)
def test_contrast_does_not_depend_on_the_order(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert 1 <= contrast_ratio(one, other) == contrast_ratio(other, one) <= 21


def test_looks_are_handed_down_and_overridden() -> None:
    found = page(
        '<div style="color:#111;font-size:20px;background:#eee"><p style="font-size:0.5em">a <b>b</b></p>'
        '<td bgcolor="#222222">c</td><h2>d</h2><s>e</s></div>'
    )
    looks = {run.text.strip(): run.look for run in found.runs}
    assert (looks["a"].pixels, looks["a"].color, looks["a"].background) == (10, (17, 17, 17), (238, 238, 238))
    assert looks["b"].bold
    assert not looks["a"].bold
    assert looks["d"].pixels == 30
    assert looks["e"].struck


def test_dark_rules_reach_what_their_selectors_name_and_no_more() -> None:
    css = """p { color: #123456 } @media (prefers-color-scheme: dark) {
      .card > p, h1 { color: #eeeeee !important } .card { background: #111111 } .card p.own { color: #cccccc }
      a[href] { color: #ff0000 } }"""
    found = page('<div class="card"><p>near</p><div><p>far</p></div><p class="own">own</p></div><a href="#">x</a>', css)
    looks = {run.text: run.look for run in found.runs}
    assert looks["near"].dark_color == (238, 238, 238)
    assert looks["near"].dark_background == (17, 17, 17)
    assert looks["far"].dark_color is None
    assert looks["own"].dark_color == (204, 204, 204)
    assert looks["x"].dark_color is None


def test_what_is_seen_leaves_out_what_is_hidden_and_breaks_where_boxes_do() -> None:
    found = page('<div style="display:none">preview&#847;&zwnj;&nbsp;</div><p>one <b>t</b>wo</p><p>three<br>four</p>')
    assert found.text == "one two\nthree\nfour"
    assert found.preview == "preview"


def test_a_link_is_named_by_its_words_and_its_pictures() -> None:
    found = page('<a href="x"><img src="y" alt="A mug"> and <b>more</b></a>')
    assert found.links[0].name == "A mug and more"


def test_words_for_outlook_only_are_found_and_its_tables_are_not() -> None:
    tables = "<!--[if mso | IE]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->"
    assert page(tables).outlook_text == ""
    assert page(tables + "<!--[if mso]><p>only here</p><![endif]-->").outlook_text == "only here"


def test_parts_come_out_of_any_transfer_encoding() -> None:
    raw = (
        b'Content-Type: multipart/alternative;\r\n boundary="x y"\r\n\r\npreamble\r\n--x y\r\n'
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw6TDtg==\r\n--x y\r\n"
        b'Content-Type: text/html; charset="UTF-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        b"=C3=A4 soft=\r\n break\r\n--x y--\r\nepilogue"
    )
    entity = Entity(raw)
    assert [part.content_type for part in entity.parts] == ["text/plain", "text/html"]
    assert [part.text for part in entity.parts] == ["äö", "ä soft break"]


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    entity = Entity(b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n" + raw)
    assert all(isinstance(part.text, str) for part in entity.parts)


@pytest.mark.parametrize(
    ("locale", "currency", "eu"),
    [
        ("de-DE", "EUR", True),
        ("en-IE", "GBP", True),
        ("en-US", "EUR", True),
        ("fr", "EUR", True),
        ("en-GB", "GBP", False),
        ("de-CH", "CHF", False),
        ("fr-CA", "CAD", False),
        ("zh-Hant-TW", "TWD", False),
    ],
)
def test_whose_law_applies(locale: str, currency: str, eu: bool) -> None:
    assert is_eu_market(locale, currency) is eu
