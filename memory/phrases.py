"""Sentences for a shop's customers, in their language: a file of them for each, with the same keys in every one.

What people read of days, sums and shares is written as in their region (Unicode CLDR through Babel). Files lie beside
what speaks: `words/en.yaml`, `words/de.yaml` … A customer whose language has none is spoken to in the shop's, and
where that has none either, in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from store.plain_yaml import read_yaml

Language = Literal["en", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
ENGLISH = "en-GB"
"""Of what the shop's own people read."""
Entry = str | int | float


class Phrasebook:
    """The sentences of one folder in one language. Made with `phrasebook`."""

    def __init__(self, entries: Mapping[str, str], language: Language, locale: Locale) -> None:
        self._entries, self._locale = entries, locale
        self.language = language
        self.tag = str(locale).replace("_", "-")
        """BCP 47: `de-AT`."""

    def __getitem__(self, key: str) -> str:
        """A sentence with nothing to fill in. Raises KeyError."""
        return self._entries[key]

    def get(self, key: str, otherwise: str) -> str:
        """As `[key]`, where there may be none."""
        return self._entries.get(key, otherwise)

    def say(self, key: str, /, **values: Entry) -> str:
        """The sentence with this key, filled in. Raises KeyError."""
        return self._entries[key].format_map(values)

    def count(self, key: str, number: float, /, **values: Entry) -> str:
        """`key.one` or `key.many`, by the language's own rule, with `{n}` filled in. Raises KeyError."""
        form = "one" if self._locale.plural_form(number) == "one" else "many"
        return self.say(f"{key}.{form}", n=self.number(number), **values)

    def day(self, moment: date) -> str:
        """`3 March 2026`, `3. März 2026`: of a moment, its day in UTC."""
        return format_date(moment, "long", self._locale)

    def month(self, moment: datetime) -> str:
        """`March 2026`, `März 2026`."""
        return str(format_skeleton("yMMMM", moment, locale=self._locale))

    def month_name(self, number: int) -> str:
        """`March`, `März`; January is 1."""
        return str(self._locale.months["format"]["wide"][number])

    def weekdays(self, numbers: tuple[int, ...]) -> str:
        """`Tuesday and Thursday`; Monday is 0."""
        names = [str(self._locale.days["format"]["wide"][number]) for number in sorted(numbers)]
        return names[0] if len(names) == 1 else self.say("list.last", first=", ".join(names[:-1]), last=names[-1])

    def money(self, amount: float | Decimal, currency: str | None) -> str:
        """`£12.50`, `1.249,00 €`; without a currency, the number alone."""
        if not currency:
            return str(format_decimal(amount, "#,##0.00", self._locale))
        return format_currency(amount, currency, locale=self._locale)

    def share(self, share: float) -> str:
        """`12%`, `12 %`."""
        return format_percent(share, locale=self._locale)

    def number(self, number: float) -> str:
        """`1,200`, `1.200`."""
        return format_decimal(number, locale=self._locale)


def language_of(*tags: str | None) -> str:
    """The first of these BCP 47 tags whose language is spoken here; English where none is."""
    return next((tag for tag in tags if tag and _language(tag) is not None), ENGLISH)


def _language(tag: str) -> Language | None:
    spoken = tag.replace("_", "-").partition("-")[0].lower()
    return next((one for one in LANGUAGES if one == spoken), None)


@lru_cache(maxsize=64)
def phrasebook(folder: Path, tag: str) -> Phrasebook:
    """The sentences of a folder for a reader with this BCP 47 tag, one that `language_of` gave."""
    language = _language(tag) or "en"
    return Phrasebook(read_phrases(folder, language), language, _locale(tag, language))


@lru_cache(maxsize=16)
def read_phrases(folder: Path, language: Language) -> Mapping[str, str]:
    """A file of sentences by their keys; groups of them are joined by dots. They are shipped, so not checked here."""
    return dict(_flat("", read_yaml((folder / f"{language}.yaml").read_text(encoding="utf-8"))))


def _flat(path: str, entries: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, entry in entries.items():
        if isinstance(entry, dict):
            found += _flat(f"{path}{name}.", entry)
        else:
            found.append((f"{path}{name}", str(entry)))
    return found


def _locale(tag: str, language: Language) -> Locale:
    """An unknown region falls back to its language."""
    try:
        return Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)
