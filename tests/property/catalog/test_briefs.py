"""Whatever somebody writes: no number is invented, every constraint quotes its words, and nothing breaks."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.brief_prices import CENT, PriceReader
from catalog.brief_text import BriefReader, Constraint, NotUnderstood
from catalog.brief_tokens import amount
from catalog.model import Limits
from catalog.vocabulary import Vocabulary
from tests.kit.catalog import view
from tests.kit.gifts import gift_shop

SHOP = view(gift_shop())
READER = BriefReader(Vocabulary.of(SHOP), PriceReader({"EUR"}))
PIECES = (
    "gifts teapots tea green leather linen blue lovers under over between about unter bis moins de hasta and or und "
    "not no without ohne sans sin for für 30 20 9,99 1.299,00 12 € £ EUR cm minutes on sale new arrivals - , . ( ) "
    "kids 2024 free FZ35K Ünïcödé 茶 x"
).split()
BRIEFS = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=60)


@given(BRIEFS)
@settings(max_examples=300)
def test_numbers_are_those_of_the_text_and_words_are_quoted(text: str) -> None:
    understood = READER.read(text, Limits())
    written = {amount(number) for number in re.findall(r"\d+(?:[.,'’]\d+)*", understood.text)} - {None}
    meant = {value for one in written if one is not None for value in (one, one - CENT, one + CENT)}
    about = {
        (one * Decimal(share)).quantize(CENT, inwards)
        for one in written
        if one is not None
        for share, inwards in (("0.8", ROUND_CEILING), ("1.2", ROUND_FLOOR))
    }
    for bound in (understood.limits.min_price, understood.limits.max_price):
        assert bound is None or bound in meant | about
    both: list[Constraint | NotUnderstood] = [*understood.constraints, *understood.not_understood]
    for quoted in both:
        assert quoted.words
        assert understood.text[quoted.start : quoted.end] == quoted.words


@given(BRIEFS)
@settings(max_examples=150)
def test_what_the_query_says_was_written_in_that_order(text: str) -> None:
    understood = READER.read(text, Limits())
    rest = understood.text
    for word in understood.query.split():
        assert word in rest
        rest = rest[rest.index(word) + len(word) :]


@given(BRIEFS)
@settings(max_examples=100)
def test_limits_only_ever_narrow(text: str) -> None:
    given_ = Limits(max_price=Decimal(15), min_price=Decimal(5), exclude_words=("jasmine",))
    limits = READER.read(text, given_).limits
    assert limits.max_price is not None
    assert limits.max_price <= Decimal(15)
    assert limits.min_price is not None
    assert limits.min_price >= Decimal(5)
    assert "jasmine" in limits.exclude_words
