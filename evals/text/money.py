"""Currency signs and words."""

from __future__ import annotations

from evals.text.canonical import fold

SIGNS: dict[str, frozenset[str]] = {
    "$": frozenset(("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")),
    "US$": frozenset(("USD",)),
    "C$": frozenset(("CAD",)),
    "A$": frozenset(("AUD",)),
    "£": frozenset(("GBP",)),
    "€": frozenset(("EUR",)),
    "¥": frozenset(("JPY", "CNY")),
    "₹": frozenset(("INR",)),
    "₩": frozenset(("KRW",)),
    "zł": frozenset(("PLN",)),
}
_WORDS = {
    ("USD", "CAD", "AUD", "NZD"): "dollar dollars dolar dolares bucks buck",
    ("USD",): "usd",
    ("CAD",): "cad",
    ("AUD",): "aud",
    ("GBP",): "gbp pound pounds quid sterling pfund livre livres libra libras",
    ("EUR",): "eur euro euros",
    ("CHF",): "chf franken",
    ("SEK", "NOK", "DKK"): "kr kronor kroner sek nok dkk",
    ("JPY",): "jpy yen",
    ("PLN",): "pln zloty",
    ("INR",): "inr rupees rs",
}
WORDS: dict[str, frozenset[str]] = {
    fold(word): frozenset(currencies) for currencies, words in _WORDS.items() for word in words.split()
}
CENTS = frozenset("p pence cents cent ct centimes centimos".split())
SLANG: dict[str, int] = {"tenner": 10, "fiver": 5, "zehner": 10, "fuenfer": 5, "funfer": 5, "zwanziger": 20}
"""Banknotes spoken of by name; the currency is the shop's."""
