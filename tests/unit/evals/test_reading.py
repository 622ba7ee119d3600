"""Reading text: canonical form, sentences, numbers, dates, phrases, names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from evals.text.canonical import canonicalise, fold
from evals.text.dates import find_dates
from evals.text.names import Named, NameIndex, stem
from evals.text.numerals import find_spelled, parse_digits
from evals.text.phrases import PhraseMatcher, compile_pattern
from evals.text.quantities import Compare, Kind, Quantity, find_quantities
from evals.text.tokens import sentences, tokenise


def quantities(text: str, language: str = "en", currency: str = "USD") -> list[Quantity]:
    return find_quantities(text, tokenise(text, language, sentences(text)), language, currency, ())


def test_canonical_text_points_back_into_its_source() -> None:
    source = "Gu\u00dfei\u00adsen\u200b f\u00fcr \u201eAnne\u201c"
    canonical = canonicalise(source)
    at = canonical.text.index('"Anne"')
    start, end = canonical.source_span(at, at + 6)
    assert source[start:end] == "\u201eAnne\u201c"


def test_decomposed_and_composed_text_are_canonically_equal() -> None:
    assert canonicalise("Siobha\u0301n").text == canonicalise("Siobh\u00e1n").text == "Siobh\u00e1n"


def test_folding_takes_case_accents_and_sharp_s() -> None:
    assert fold("GRÖSSE Straße Élan") == "grosse strasse elan"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The No. 7 feeder. It works.", 2),
        ("Bis zum 3. März. Danach nicht.", 2),
        ("One\nTwo", 2),
        ("Wait... what?", 2),
        ("$14.50 now.", 1),
    ],
)
def test_sentences_end_where_readers_see_an_end(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@pytest.mark.parametrize(
    ("words", "language", "value"),
    [
        ("eleven", "en", 11),
        ("twenty-five", "en", 25),
        ("two hundred and nine", "en", 209),
        ("a dozen", "en", 12),
        ("fünfundzwanzig", "de", 25),
        ("hundertneunzehn", "de", 119),
        ("zweihundertfünf", "de", 205),
        ("quatre-vingt-dix", "fr", 90),
        ("soixante-quinze", "fr", 75),
        ("vingt et un", "fr", 21),
        ("deux cents", "fr", 200),
        ("treinta y cinco", "es", 35),
        ("ciento veinte", "es", 120),
        ("mil doscientos", "es", 1200),
    ],
)
def test_numbers_are_read_in_words(words: str, language: str, value: int) -> None:
    (number,) = find_spelled(tokenise(words, language, sentences(words)), language)
    assert number.value == value


def test_two_numbers_side_by_side_stay_two() -> None:
    found = find_spelled(tokenise("five ten", "en", sentences("five ten")), "en")
    assert [number.value for number in found] == [5, 10]


@pytest.mark.parametrize(
    ("literal", "language", "first"),
    [
        ("1,249", "en", 1249),
        ("1.249", "de", 1249),
        ("1 249", "fr", 1249),
        ("1,249.00", "en", 1249),
        ("1.249,50", "de", Decimal("1249.50")),
        ("1.249", "en", Decimal("1.249")),
        ("24,5", "es", Decimal("24.5")),
    ],
)
def test_digits_are_read_as_the_language_writes_them(literal: str, language: str, first: Decimal) -> None:
    assert parse_digits(literal, language)[0] == first


@pytest.mark.parametrize(
    ("text", "language", "currency", "amount"),
    [
        ("$1,249", "en", "USD", "1249"),
        ("USD 40", "en", "USD", "40"),
        ("eleven pounds fifty", "en", "GBP", "11.50"),
        ("80p", "en", "GBP", "0.80"),
        ("twenty bucks", "en", "USD", "20"),
        ("1249,– €", "de", "EUR", "1249"),
        ("27,90 Euro", "de", "EUR", "27.90"),
        ("€ 12,5", "de", "EUR", "12.5"),
        ("16\u00a0€\u00a090", "fr", "EUR", "16.90"),
        ("ochenta euros", "es", "EUR", "80"),
        ("a tenner", "en", "GBP", "10"),
        ("a penny under a tenner", "en", "GBP", "9.99"),
        ("a dollar under $200", "en", "USD", "199"),
        ("two and a half dollars", "en", "USD", "2.5"),
        ("siete euros y medio", "es", "EUR", "7.5"),
        ("diez euros con ochenta", "es", "EUR", "10.80"),
    ],
)
def test_money_is_read_in_every_format(text: str, language: str, currency: str, amount: str) -> None:
    (found,) = quantities(canonicalise(text).text, language, currency)
    assert (found.kind, found.value) == (Kind.MONEY, Decimal(amount))


@pytest.mark.parametrize("text", ["£12.00\nEight pencils", "£12.00 eight pencils", "£12\nEight pencils"])
def test_what_follows_a_price_is_no_pence_of_it(text: str) -> None:
    assert quantities(canonicalise(text).text, "en", "GBP")[0].value == Decimal(12)


@pytest.mark.parametrize("price", ["29,90 €", "29.90 CHF"])
def test_a_percentage_below_a_price_is_no_amount(price: str) -> None:
    found = quantities(canonicalise(f"{price}\n18 % Rabatt").text, "de", "EUR")
    assert [item.kind for item in found] == [Kind.MONEY, Kind.PERCENT]


def test_a_percentage_behind_an_amount_is_no_cents_of_it() -> None:
    assert [item.value for item in quantities("ab 30 Euro 15 Prozent", "de", "EUR")] == [Decimal(30), Decimal(15)]


def test_a_bare_number_takes_the_currency_of_the_price_it_is_compared_with() -> None:
    assert [item.kind for item in quantities("129 statt 159 Euro", "de", "EUR")] == [Kind.MONEY, Kind.MONEY]


def test_what_a_price_is_per_is_no_size() -> None:
    assert [item.kind for item in quantities("£3.60 per 100 g", "en", "GBP")] == [Kind.MONEY]
    assert [item.kind for item in quantities("£7.20 for 200 g", "en", "GBP")] == [Kind.MONEY, Kind.MEASURE]


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("half a dozen", "en", 6),
        ("deux douzaines", "fr", 24),
        ("media docena", "es", 6),
        ("ein halbes Dutzend", "de", 6),
    ],
)
def test_dozens_are_counted(text: str, language: str, count: int) -> None:
    (number,) = find_spelled(tokenise(text, language, sentences(text)), language)
    assert number.value == count


def test_a_pound_is_a_weight_where_prices_are_in_dollars() -> None:
    (found,) = quantities("a five pound bag")
    assert found.kind is not Kind.MONEY


@pytest.mark.parametrize(
    ("text", "compare"),
    [
        ("under $60", Compare.UNDER),
        ("about $60", Compare.ABOUT),
        ("just over $60", Compare.JUST_OVER),
        ("from $60", Compare.FROM),
        ("$60", Compare.EXACT),
    ],
)
def test_hedges_are_read_with_the_number(text: str, compare: Compare) -> None:
    assert quantities(text)[0].compare is compare


def test_measures_meet_across_units_and_spellings() -> None:
    assert quantities("1.9 kg")[0].readings == quantities("1900 grams")[0].readings
    assert quantities("two metres")[0].readings == quantities("2 m")[0].readings
    assert quantities("The T2 plays 33s.")[-1].kind is Kind.PLAIN


SENT = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("ends Thursday", "en", date(2026, 3, 12)),
        ("until 22 March", "en", date(2026, 3, 22)),
        ("by March 22", "en", date(2026, 3, 22)),
        ("bis zum 16. März", "de", date(2026, 3, 16)),
        ("jusqu'au 18 mars", "fr", date(2026, 3, 18)),
        ("hasta el 15 de marzo", "es", date(2026, 3, 15)),
        ("2026-03-12", "en", date(2026, 3, 12)),
        ("12/03/2026", "en", date(2026, 3, 12)),
        ("tomorrow", "en", date(2026, 3, 11)),
        ("morgen", "de", date(2026, 3, 11)),
        ("the end of March", "en", date(2026, 3, 31)),
        ("by the end of the month", "en", date(2026, 3, 31)),
        ("bis Monatsende", "de", date(2026, 3, 31)),
        ("until midnight on Sunday", "en", date(2026, 3, 15)),
        ("Sunday, 15 March", "en", date(2026, 3, 15)),
        ("on the 12th.", "en", date(2026, 3, 12)),
        ("bis zum 12., abends", "de", date(2026, 3, 12)),
        ("jusqu'au 19.", "fr", date(2026, 3, 19)),
        ("hasta el domingo 15", "es", date(2026, 3, 15)),
    ],
)
def test_a_date_means_its_day_and_not_the_next(text: str, language: str, wanted: date) -> None:
    (ref,) = find_dates(text, tokenise(text, language, sentences(text)), language)
    assert ref.can_mean(wanted, SENT)
    assert not ref.can_mean(date(wanted.year, wanted.month, wanted.day - 1), SENT)


def test_a_weekday_that_its_date_is_not_means_no_day() -> None:
    text = "Sunday, 14 March"
    (ref,) = find_dates(text, tokenise(text, "en", sentences(text)), "en")
    assert not any(ref.can_mean(date(2026, 3, day), SENT) for day in range(1, 32))


def test_a_weekday_lies_within_a_week_unless_it_is_the_next_one() -> None:
    for text, there in (("until Sunday", False), ("until Sunday week", True), ("until next Sunday", True)):
        (ref,) = find_dates(text, tokenise(text, "en", sentences(text)), "en")
        assert ref.can_mean(date(2026, 3, 22), SENT) is there


def test_prices_are_no_dates() -> None:
    text = "It is USD 10.05."
    assert find_dates(text, tokenise(text, "en", sentences(text)), "en") == []


def found(pattern: str, text: str, language: str = "en") -> bool:
    matcher = PhraseMatcher({"family": [pattern]}, ("five",))
    return bool(matcher.find(tokenise(text, language, sentences(text))))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("free shipping|delivery", "With free delivery.", "Delivery of free range eggs."),
        ("recycl* paper", "Recycled paper", "Paper, recycled"),
        ("on the house?", "It is on the table.", "It is under it."),
        ("rated .. stars", "Rated by all five stars", "Rated. Five stars"),
        ("only # left", "Only five left", "Only some left"),
        ("(don't|do not) wait", "Do not wait.", "Wait, do not."),
        ("eco-friendly|green tea", "An eco-friendly tea", "A friendly tea"),
        ("gegen *schmerzen", "Gegen Nackenschmerzen", "Gegen Schmerzmittel"),
    ],
)
def test_a_pattern_finds_what_it_says_and_no_more(pattern: str, yes: str, no: str) -> None:
    assert found(pattern, yes)
    assert not found(pattern, no)


def test_a_pattern_without_a_word_to_begin_with_is_refused() -> None:
    with pytest.raises(ValueError, match="no word to begin with"):
        compile_pattern("family", ".. _")


def test_names_are_found_shortened_and_inflected() -> None:
    index = NameIndex([Named("Gusseiserner Bräter 4,5 L", frozenset(("pick",)), 0)], "de")
    text = "Der gusseiserne Bräter wartet."
    (mention,) = index.find(tokenise(text, "de", sentences(text)))
    assert text[mention.start : mention.end] == "gusseiserne Bräter"


def test_a_possessive_is_a_form_of_its_noun_but_a_pronoun_keeps_its_verb() -> None:
    words = [token.word for token in tokenise("The tent's up, it's late.", "en", ())]
    assert words == ["the", "tent", "up", "it's", "late"]


def test_stemming_meets_singular_and_plural() -> None:
    assert stem("mocasines") == stem("mocasin")
    assert stem("headphones") == stem("headphone")
