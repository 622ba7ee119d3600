"""Sentences for a shop's customers: the same in every language, with days and sums as in their region."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

import api.own_page.texts
import memory.account.words
from memory.phrases import LANGUAGES, Language, language_of, phrasebook, read_phrases

ACCOUNT = Path(memory.account.words.__file__).parent
FOLDERS = [ACCOUNT, api.own_page.texts.WORDS]
ENGLISH_ELSEWHERE = ("after.", "every.", "event.", "fact.", "said.", "season.")
"""Facts stand in English as they are remembered (`memory.facts`), events under the shop's own names."""
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("folder", FOLDERS, ids=["account", "page"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_lacks_a_sentence_or_has_one_too_many(folder: Path, language: Language) -> None:
    said, german = read_phrases(folder, language), read_phrases(folder, "de")
    lacking = [key for key in german.keys() - said.keys() if not key.startswith(ENGLISH_ELSEWHERE)]
    assert lacking == [] if language == "en" else said.keys() == german.keys()
    assert said.keys() <= german.keys()
    assert [key for key, sentence in said.items() if not sentence.strip()] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=["account", "page"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_the_same_to_fill_in(folder: Path, language: Language) -> None:
    said, german = read_phrases(folder, language), read_phrases(folder, "de")
    # Where a thing is counted, a language may spell out "once".
    wrong = [key for key, sentence in said.items() if _fields(sentence) - {"n"} != _fields(german[key]) - {"n"}]
    assert wrong == []


@pytest.mark.parametrize(
    ("tag", "day", "month", "money", "share", "count"),
    [
        ("en-GB", "3 March 2026", "March 2026", "£249.50", "12%", "We wrote to you once."),
        ("en-US", "March 3, 2026", "March 2026", "£249.50", "12%", "We wrote to you once."),
        ("de-AT", "3. März 2026", "März 2026", "£ 249,50", "12 %", "Wir haben Ihnen einmal geschrieben."),
        ("fr_CA", "3 mars 2026", "mars 2026", "249,50 £", "12 %", "Nous vous avons écrit 1 fois."),
        ("es", "3 de marzo de 2026", "marzo de 2026", "249,50 GBP", "12 %", "Le hemos escrito 1 vez."),
    ],
)
def test_days_sums_and_counts_are_written_as_in_the_region(
    tag: str, day: str, month: str, money: str, share: str, count: str
) -> None:
    say = phrasebook(ACCOUNT, tag)
    told = (say.day(AT), say.month(AT), say.money(249.5, "GBP"), say.share(0.12), say.count("contact.sent", 1))
    assert tuple(one.replace("\u00a0", " ").replace("\u202f", " ") for one in told) == (day, month, money, share, count)


@pytest.mark.parametrize(
    ("theirs", "shops", "spoken"),
    [("de-AT", "en-GB", "de-AT"), ("it-IT", "fr-FR", "fr-FR"), (None, "nl", "en-GB"), ("DE_ch", None, "DE_ch")],
)
def test_who_speaks_none_of_the_languages_is_spoken_to_in_the_shops_and_then_in_english(
    theirs: str | None, shops: str | None, spoken: str
) -> None:
    assert language_of(theirs, shops) == spoken


def test_what_is_filled_in_is_text_and_no_form() -> None:
    say = phrasebook(ACCOUNT, "de")
    assert say.say("search", query="{query} {0} <b>") == "Sie haben nach „{query} {0} <b>“ gesucht."
