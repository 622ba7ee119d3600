"""An e-mail as a document that can be looked at and do nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.studio.framing import frame_response, framed, picture_origins, without_tokens

OWN = "mail.shop.example"
STYLES = """<style>@media (prefers-color-scheme: dark) { p { color: white } }
@media screen and (prefers-color-scheme:light) { p { color: black } }</style>"""


def test_a_link_says_where_it_leads_and_leads_nowhere() -> None:
    shown = framed('<a href="https://shop.example/p?a=1&amp;b=2" class="x">The <b>cup</b></a>', "light", own=OWN)
    assert shown == '<a title="https://shop.example/p?a=1&amp;b=2" class="x">The <b>cup</b></a>'


@pytest.mark.parametrize(
    "link",
    [
        "<A HREF=https://evil.example/>x</A>",
        "<a\nhref = 'https://evil.example/'>x</a>",
        '<svg><a xlink:href="https://evil.example/"></a></svg>',
        '<base href="https://evil.example/">',
        '<link rel="stylesheet" href="https://evil.example/">',
    ],
)
def test_however_a_link_is_written_it_is_none(link: str) -> None:
    assert not re.search(r"\bhref", framed(link, "light", own=OWN), re.IGNORECASE)


def test_words_that_look_like_a_link_stay_words() -> None:
    text = "<p>Write href=&quot;x&quot; in (prefers-color-scheme: dark)</p>"
    assert framed(text, "dark", own=OWN) == text


def test_our_own_pictures_come_from_here_whatever_we_are_called() -> None:
    html = f'<img alt="Cup" src="https://{OWN}/demo/pictures/cup.jpg">'
    assert framed(html, "light", own=OWN) == '<img alt="Cup" src="/demo/pictures/cup.jpg">'
    assert picture_origins(html, OWN) == []


def test_a_picture_of_somebody_else_is_not_ours_because_its_path_is() -> None:
    html = '<img src="https://cdn.shop.example/demo/pictures/cup.jpg">'
    assert " src=" not in framed(html, "light", own=OWN)
    assert picture_origins(html, OWN) == ["https://cdn.shop.example"]


def test_anything_else_of_ours_is_no_picture() -> None:
    assert " src=" not in framed(f'<img src="https://{OWN}/o/opened.gif">', "light", own=OWN)


@pytest.mark.parametrize("address", ["https://[x/a.png", "https://[", "https://a]/x.png"])
def test_an_address_that_is_none_is_no_picture_and_the_rest_is_shown(address: str) -> None:
    shown = framed(f'<img src="{address}"><p>Hello.</p>', "light", own=OWN)
    assert " src=" not in shown
    assert "<p>Hello.</p>" in shown


def test_pictures_from_elsewhere_wait_until_they_are_allowed() -> None:
    html = '<img src="https://cdn.shop.example/cup.jpg" srcset="https://cdn.shop.example/2.jpg 2x">'
    assert picture_origins(html, OWN) == ["https://cdn.shop.example"]
    assert 'data-src="https://cdn.shop.example/cup.jpg"' in framed(html, "light", own=OWN)
    allowed = framed(html, "light", own=OWN, shown=["https://cdn.shop.example"])
    assert ' src="https://cdn.shop.example/cup.jpg"' in allowed
    assert " srcset" not in allowed


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example;script-src *",
        "https://a.example https://b.example/",
        "javascript:x",
        "//a.example/",
        "https://[",
        "x",
    ],
)
def test_only_what_may_stand_in_a_policy_is_an_origin(address: str) -> None:
    origins = picture_origins(f'<img src="{address}">', OWN)
    assert all(re.fullmatch(r"https://[a-z.]+", one) for one in origins)


def test_dark_and_light_are_what_is_asked_for_whatever_the_browser_prefers() -> None:
    dark, light = framed(STYLES, "dark", own=OWN), framed(STYLES, "light", own=OWN)
    assert "prefers-color-scheme" not in dark + light
    assert dark.index("(min-width: 0px)") < dark.index("screen and (max-width: 0px)")
    assert light.index("(max-width: 0px)") < light.index("screen and (min-width: 0px)")
    assert "color-scheme:dark" in framed("<head></head>", "dark", own=OWN)


def test_the_customers_own_links_are_cut_short() -> None:
    token = "v" * 40
    text = "Unsubscribe: https://{0}/u/{1}, yours: https://{0}/m/{1}, not ours: https://shop.example/u/{1}"
    shown = without_tokens(text.format(OWN, token), OWN)
    assert shown == text.replace("{0}/u/{1}", f"{OWN}/u/…").replace("{0}/m/{1}", f"{OWN}/m/…").format(OWN, token)
    assert token not in framed(f'<a href="https://{OWN}/u/{token}">x</a>', "light", own=OWN)


def test_the_document_comes_with_a_policy_that_lets_it_do_nothing() -> None:
    answer = frame_response("", "http://127.0.0.1:8000", ["https://cdn.shop.example"])
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["sandbox"] == ""
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "http://127.0.0.1:8000/demo/pictures/ data: https://cdn.shop.example"
    assert policy["frame-ancestors"] == "'self'"
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/penfriend", "/a", "/mail/of/ours"])
def test_they_are_cut_short_below_the_path_of_a_public_url(path: str) -> None:
    token = "v" * 40
    for letter in "um":
        assert without_tokens(f"https://{OWN}{path}/{letter}/{token}", OWN) == f"https://{OWN}{path}/{letter}/…"
    assert token not in framed(f'<a href="https://{OWN}{path}/m/{token}">x</a>', "light", own=OWN)
    product = f"https://{OWN}{path}/tea/{token}"
    assert without_tokens(product, OWN) == product


@given(st.text(alphabet="<>/'\"= \nahrefsrcimgHREF:.;", max_size=80))
def test_rewriting_adds_and_removes_no_tag(html: str) -> None:
    shown = framed(html, "light", own=OWN)
    assert [char for char in shown if char in "<>"] == [char for char in html if char in "<>"]
