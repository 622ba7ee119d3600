"""A page put together from the outline of another one is the page that a parser would have found."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.preflight import outline
from evals.preflight.outline import CLOSE, OPEN, VALUE, page_of
from evals.preflight.page import Page

VIEWS = (
    "source tags attribute_names inline_styles spoken root frame tables metas runs links images styles title text "
    "preview outlook_text"
).split()
LAYOUT = """<!doctype html><html lang="en" dir="ltr"><head><title>{a}</title><style>p {{ color: #333 }} a > b {{}}
</style></head><body><div aria-label="{a}" lang="en" dir="ltr">
<div style="display:none">{b}&#847;&zwnj;&nbsp;</div><!--[if mso]><table>
<tr><td><![endif]--><table role="none"><tr><td style="color:#222"> {c} <b>{d}</b><a href="{e}" title="{f}">{g}</a>
<img src="{h}" alt="{i}"></td></tr></table><!--[if mso]></td></tr></table><![endif]--><p>{j}</p></div></body></html>"""
WORDS = st.text(
    alphabet=st.sampled_from("ab é\u00a0\u200b&;#3\"'=<>/!-\n\t\f\r\x00\ue000\ue001\ue002 amp nbsp"), max_size=12
)
SCRAPS = (
    "<script>x</script>", "<s>9</s>", "<p hidden>gone", "</td>", "<table>", "words", "<!-->", "<!--x--!>", "<pre>\n",
    "<a href='q'>", "<style>b{}</style>", "<select><option>", "&copy", "<svg><title>t</title></svg>", "</style>", "<td",
    ">",
)  # fmt: skip


def _views(page: Page) -> dict[str, object]:
    return {view: getattr(page, view) for view in VIEWS}


def _page(*words: str) -> str:
    return LAYOUT.format(**dict(zip("abcdefghij", words, strict=True)))


@given(st.lists(WORDS, min_size=10, max_size=10))
def test_whatever_the_words_of_a_layout_the_page_is_the_same(words: list[str]) -> None:
    source = _page(*words)
    assert _views(page_of(source)) == _views(Page(source))


@given(st.integers(min_value=0), st.sampled_from(SCRAPS), st.sampled_from(SCRAPS))
def test_whatever_is_put_between_the_tags_the_page_is_the_same(seed: int, one: str, other: str) -> None:
    source, chance = _page(*"abcdefghij"), random.Random(seed)
    for scrap in (one, other):
        at = chance.randrange(len(source))
        source = source[:at] + scrap + source[at:]
    assert _views(page_of(source)) == _views(Page(source))


def test_an_attribute_that_begins_in_another_is_no_words() -> None:
    source = _page(*"abcd", ">", "<", *"ghij")
    assert page_of(source).links[0].href == ">"
    assert page_of(source).spoken == {"a", "<", "i"}


def test_two_pages_of_one_layout_keep_their_own_words() -> None:
    first, second = (page_of(_page(*(f"{word}{number}" for word in "abcdefghij"))) for number in (1, 2))
    assert [run.text for run in first.runs] == [run.text.replace("2", "1") for run in second.runs]
    assert [link.href for link in first.links] == ["e1"]
    assert [image.alt for image in second.images] == ["i2"]
    assert second.title == "a2"


def test_emails_of_one_layout_are_parsed_once_though_each_is_labelled_with_its_own_subject(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[str] = []

    class Counted(Page):
        def __init__(self, source: str) -> None:
            parsed.append(source)
            super().__init__(source)

    monkeypatch.setattr(outline, "Page", Counted)
    pages = [page_of(_page(*(f"{word} of {number}" for word in "abcdefghij")) + "<i></i>" * 7) for number in range(5)]
    assert len(parsed) == 1
    assert [page.frame and page.frame["aria-label"] for page in pages] == [f"a of {number}" for number in range(5)]
    assert {"a of 4", "f of 4", "i of 4"} == pages[4].spoken


@pytest.mark.parametrize("tail", ["tail", " ", "\n", "&amp;", "\u00a0"])
def test_what_follows_a_layout_that_was_read_before_is_read_too(tail: str) -> None:
    page_of(_page(*"abcdefghij"))
    source = _page(*"klmnopqrst") + tail
    assert _views(page_of(source)) == _views(Page(source))


@pytest.mark.parametrize(
    "words", [" a", "a ", "\u00a0a", "\u00a0", "&nbsp;a", "a&#32;", "&lt;b&gt;", "&copy", "\x0ba", ""]
)
def test_spaces_and_references_around_words_are_read_as_a_parser_reads_them(words: str) -> None:
    page_of(_page(*"abcdefghij"))
    source = _page(*[words] * 10)
    assert _views(page_of(source)) == _views(Page(source))


@pytest.mark.parametrize("mark", [OPEN, CLOSE, f"{OPEN}0{CLOSE}", f"{VALUE}0{CLOSE}"])
def test_our_own_marks_in_a_page_are_words_like_others(mark: str) -> None:
    source = _page(*"abc", mark, *"efghij")
    assert mark in page_of(source).text
