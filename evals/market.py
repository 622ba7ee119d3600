"""Whose consumer law applies to an e-mail, by what it is written in and paid with."""

from __future__ import annotations

EU_REGIONS = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
EU_CURRENCIES = frozenset("EUR BGN CZK DKK HUF PLN RON SEK".split())


def is_eu_market(locale: str, currency: str) -> bool:
    """True when prices in this currency, or texts for this region, are for consumers in the EU.

    Either is enough: the stricter law is kept where they differ. `locale` is BCP 47, `currency` ISO 4217.
    """
    region = next((part.upper() for part in locale.replace("_", "-").split("-")[1:] if len(part) == 2), "")
    return region in EU_REGIONS or currency in EU_CURRENCIES
