"""Money, days and offers in words, by the reader's locale (Unicode CLDR through Babel)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, format_currency, format_decimal, parse_pattern

from evals.snapshot import OfferFacts
from prompts.wording import ENGLISH, Wording

_FALLBACK_LOCALE = "en"
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@lru_cache(maxsize=64)
def locale_of(tag: str) -> Locale:
    """The CLDR locale for a BCP 47 tag; an unknown region falls back to the language, that to English."""
    tag = tag.replace("_", "-")
    for candidate in (tag, tag.split("-")[0], _FALLBACK_LOCALE):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("CLDR always has English")


def language_name(tag: str) -> str:
    """`German` of `de-AT`; the tag itself where CLDR does not know it."""
    try:
        return Locale.parse(tag.replace("_", "-").partition("-")[0]).get_language_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


@lru_cache(maxsize=8192)
def money(amount: Decimal, currency: str, locale: str) -> str:
    """`£12.50`, `1.249,00 €`: always with the currency's own number of decimals, as on a price tag.

    Kept: everybody is shown the same prices, and Babel takes longer over one than a block over all its words.
    """
    return _apart(format_currency(amount, currency, locale=locale_of(locale)))


@lru_cache(maxsize=1024)
def round_money(amount: Decimal, currency: str, locale: str) -> str:
    """As `money`, but a whole amount without decimals (`£30`), as offers and thresholds are spoken of."""
    if amount != amount.to_integral_value():
        return money(amount, currency, locale)
    whole = format_currency(
        amount,
        currency,
        _whole(locale),
        locale=locale_of(locale),
        currency_digits=False,
        decimal_quantization=True,
    )
    return _apart(whole)


def _apart(price: str) -> str:
    """`EUR 64,00` for Babel's `EUR64,00`, which reads like a code: CLDR wants a space between letter and digit."""
    return _TOUCHING.sub("\xa0", price)


@lru_cache(maxsize=64)
def _whole(locale: str) -> NumberPattern:
    pattern = parse_pattern(locale_of(locale).currency_formats["standard"].pattern)
    pattern.frac_prec = (0, 0)
    return pattern


@lru_cache(maxsize=1024)
def day(moment: date, locale: str) -> str:
    """`5 December 2026`, `December 5, 2026`."""
    return format_date(moment, format="long", locale=locale_of(locale))


def offer_phrase(offer: OfferFacts, currency: str, locale: str, wording: Wording = ENGLISH) -> str:
    """What the offer gives, with its threshold: `10% off orders of £30 or more`, `a free Tote`."""
    unit = offer.currency or currency
    gives: str = getattr(wording.offers, offer.kind).replace("{value}", _worth(offer, unit, locale))
    if offer.min_spend is None:
        return gives
    over: str = getattr(wording.over, offer.kind)
    return over.replace("{amount}", round_money(offer.min_spend, unit, locale)).replace("{gives}", gives)


def _worth(offer: OfferFacts, currency: str, locale: str) -> str:
    """The number, sum or thing that is given."""
    if offer.kind in ("free_shipping", "gift"):
        return str(offer.value)
    value = Decimal(str(offer.value))
    return (
        format_decimal(value, locale=locale_of(locale))
        if offer.kind == "percent"
        else round_money(value, currency, locale)
    )
