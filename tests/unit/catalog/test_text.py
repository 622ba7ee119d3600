"""Text from feeds comes out plain, visible, short and calm."""

from __future__ import annotations

import pytest

from catalog.text import ELLIPSIS, calm_title, cap, clean_text, short_title, words


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("<p>Soft<br>wool</p><p>warm</p>", "Soft wool. warm"),
        ("Salt &amp; pepper", "Salt & pepper"),
        ("&lt;b&gt;Bold&lt;/b&gt; claim", "Bold claim"),
        ("<style>p{}</style>Mug<script>alert(1)</script>", "Mug"),
        ("fits pipes < 6 inches", "fits pipes < 6 inches"),
        ("a\x00b\x1bc\u200bd\u202ee", "abcde"),
        ("Mug \u202e99 etirw\u202c red", "Mug red"),
        ("Mug \u202eetirw", "Mug"),
        ("ספר \u202eכחול\u202c", "ספר כחול"),
        ("line\r\nbreak\tand\u00a0space", "line break and space"),
        ("tag\U000e0049\U000e0067nore", "tagnore"),
        ("e\u0301clair", "\u00e9clair"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
    ],
)
def test_feed_text_becomes_one_plain_visible_line(raw: str, plain: str) -> None:
    assert clean_text(raw) == plain


def test_capped_text_ends_at_a_word() -> None:
    assert cap("a warm woollen blanket", 16) == f"a warm woollen{ELLIPSIS}"
    assert cap("a warm, woollen blanket", 11) == f"a warm{ELLIPSIS}"
    assert cap("short", 10) == "short"
    assert len(cap("x" * 50, 10)) == 10


@pytest.mark.parametrize(
    ("title", "calm"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET OF 3 REGENCY CAKE TINS", "Set of 3 Regency Cake Tins"),
        ("USB LED DESK LAMP UK PLUG", "USB LED Desk Lamp UK Plug"),
        ("LADIES' GLOVES LARGE", "Ladies' Gloves Large"),
        ("Moka Pot", "Moka Pot"),
        ("LEGO", "LEGO"),
        ("TEA", "TEA"),
        ("TEAPOT", "Teapot"),
        ("BLUE NECKLACE", "Blue Necklace"),
        ("SVHSDVD", "SVHSDVD"),
        ("iPhone CASE", "iPhone CASE"),
    ],
)
def test_titles_in_capitals_stop_shouting(title: str, calm: str) -> None:
    assert calm_title(title) == calm


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("Moka Pot, 3 cups | Bialetti", "Moka Pot"),
        ("Sony Turntable - PSLX350H", "Sony Turntable"),
        ("T-Shirt (blue)", "T-Shirt"),
        ("A, B", "A, B"),
    ],
)
def test_a_long_title_is_named_by_its_head(title: str, head: str) -> None:
    assert short_title(title) == head


def test_words_ignore_case_and_plural() -> None:
    assert words("Cups, BERRIES & glass") == ["cup", "berry", "glass"]
