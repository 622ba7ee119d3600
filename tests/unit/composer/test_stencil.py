"""An e-mail filled into a stencil has the bytes of one that was rendered whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from css_inline import CSSInliner
from hypothesis import given
from hypothesis import strategies as st

from composer.stencil import Stencils
from prompts.environment import html_environment

LAYOUT = """<html><head><title>{{ subject }}</title>
<style>.a { color: {{ color }} } p { margin: 0 }</style></head><body>
<div style="display:none">{{ subject }}{% for _ in range(preheader_spacer) %}&#847;&zwnj;&nbsp;{% endfor %}</div>
<!--[if mso]><i>{{ subject }}</i><![endif]-->
{% for p in products %}<p class="a"><a href="{{ p.url }}" title="x: {{ p.name }}">{{ p.name }}</a>
{% if p.was %}<s>{{ p.was }}</s>{% endif %}</p>{% endfor %}</body></html>"""
FRAME = {"color": "#123456"}
HOSTILE = st.sampled_from(
    ["<b>", '" onload="x', "&amp;", "{{ 7 }}", "--><b>", "\xa0", "\r\n", "\x00", " ", "'", "</title>"]
)
WORDS = st.one_of(st.text(max_size=12), HOSTILE, st.builds("{} {}".format, st.text(max_size=5), HOSTILE))
PRODUCTS = st.fixed_dictionaries({"url": WORDS, "name": WORDS, "was": WORDS})
OWN = st.fixed_dictionaries(
    {"subject": WORDS, "preheader_spacer": st.integers(0, 5), "products": st.lists(PRODUCTS, max_size=3)}
)


class Whole:
    """Renders a layout whole, and counts how often."""

    def __init__(self, layout: str) -> None:
        self._template = html_environment().from_string(layout)
        self._inliner = CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)
        self.times = 0

    def __call__(self, values: Mapping[str, Any]) -> str:
        self.times += 1
        return self._inliner.inline(self._template.render(values))


def own(subject: str = "Tea & toast", name: str = "Sencha") -> dict[str, Any]:
    product = {"url": "https://shop.example/a?b=1&c=2", "name": name, "was": ""}
    return {"subject": subject, "preheader_spacer": 3, "products": [product]}


WHOLE = Whole(LAYOUT)
SHARED = Stencils(WHOLE, FRAME)


@given(values=OWN)
def test_whatever_the_words_the_bytes_are_those_of_a_whole_rendering(values: dict[str, Any]) -> None:
    assert SHARED.html(values) == WHOLE({**FRAME, **values})


def test_a_second_e_mail_of_one_shape_is_not_rendered_again() -> None:
    whole = Whole(LAYOUT)
    stencils = Stencils(whole, FRAME)
    stencils.html(own())
    before = whole.times
    assert "Gyokuro" in stencils.html(own("Other words", "Gyokuro"))
    assert whole.times == before


@pytest.mark.parametrize(
    "more",
    [
        "<p>{{ subject|upper }}</p>",
        "<p>{{ subject|length }}</p>",
        "<p>{{ subject[:3] }}</p>",
        "<p>{% if subject == 'Tea' %}yes{% else %}no{% endif %}</p>",
        "<p>{% if 'Tea' in subject %}yes{% else %}no{% endif %}</p>",
        "<p>{% for letter in subject %}{{ letter }}.{% endfor %}</p>",
        "<p>{{ 'x' ~ subject|replace('e', 'o') }}</p>",
        "<p>{{ subject|safe }}</p>",
        "<p>{{ subject|sentence_case }}</p>",
        "<p>{{ products|map(attribute='name')|sort|join }}</p>",
        "<style>[title='x: Sencha'] { color: red }</style>",
        "<script>{{ subject }}</script>",
        "<textarea>{{ subject }}</textarea>",
    ],
)
def test_a_layout_that_looks_into_words_is_rendered_whole(more: str) -> None:
    whole = Whole(LAYOUT.replace("</body>", f"{more}</body>"))
    stencils = Stencils(whole, FRAME)
    for values in (own(), own("Tea"), own("a < b", "Gyokuro"), own("<b>bold</b>")):
        assert stencils.html(values) == whole({**FRAME, **values})


def test_no_more_stencils_are_kept_than_there_is_room_for_and_all_stay_right() -> None:
    whole = Whole("{% for word in words %}<p>{{ word }}</p>{% endfor %}")
    stencils = Stencils(whole, {})
    for _ in range(2):
        for length in range(300):
            values = {"words": ["a"] * length, "preheader_spacer": 0}
            assert stencils.html(values) == whole(values)
