"""The files that a language shares over all flows have the same keys and places in every language."""

from __future__ import annotations

import re

import pytest

from catalog.reason_words import FOLDER, words_for
from composer.formats import offer_phrase
from composer.sayings import highlight, quotable_sentence
from prompts.library import InvalidLibraryFile, Library
from prompts.wording import ENGLISH
from tests.kit.emails import make_product
from tests.kit.languages import SHELVES, language_offer

LIBRARY = Library.load()
LANGUAGES = LIBRARY.languages
PLACE = re.compile(r"\{\w*\}")
language_of = pytest.mark.parametrize("language", LANGUAGES)


def places(text: str) -> list[str]:
    return sorted(set(PLACE.findall(text)))


@language_of
def test_reasons_have_the_same_keys_and_places_as_the_english_ones(language: str) -> None:
    assert (FOLDER / f"{language}.yaml").is_file()
    english, own = words_for("en").wordings, words_for(language).wordings
    assert list(own) == list(english)
    for key, wordings in own.items():
        assert len(set(wordings)) == len(wordings), key
        assert all(places(wording) == places(english[key][0]) for wording in wordings), key
        assert len(wordings) >= len(english[key]) or key == "named_quality", key
        assert all(wording[:1].isupper() or wording.startswith("{") for wording in wordings), key
        assert not any(wording.endswith(".") for wording in wordings), key


@language_of
def test_the_frames_words_have_the_places_of_the_english_ones(language: str) -> None:
    strings = LIBRARY.layout().strings
    assert {key: places(text) for key, text in strings[language].items()} == {
        key: places(text) for key, text in strings["en"].items()
    }


@language_of
@pytest.mark.parametrize("kind", ["percent", "amount", "free_shipping", "gift"])
def test_an_offer_is_said_with_its_worth_and_its_threshold(language: str, kind: str) -> None:
    shelf = SHELVES[language]
    phrase = offer_phrase(language_offer(language, kind), shelf.currency, shelf.locale, LIBRARY.wording(language))
    assert "{" not in phrase
    assert "30" in phrase
    assert {"percent": "10", "amount": "5", "free_shipping": "", "gift": shelf.gift}[kind] in phrase
    if language != "en":
        assert phrase != offer_phrase(language_offer(language, kind), shelf.currency, shelf.locale)


@pytest.mark.parametrize(
    ("language", "attributes", "said"),
    [
        ("en", {"material": "linen", "scent": "unscented"}, "unscented, made of linen"),
        ("de", {"material": "Leinen", "duft": "unparfümiert"}, "unparfümiert, aus Leinen"),
        (
            "de",
            {"geschmack": ["grasig", "süß"], "material": "Stahl, Nussbaum"},
            "Geschmack: grasig und süß, aus Stahl und Nussbaum",
        ),
        ("de", {"notes": ["Kakao", "Walnuss", "Sirup"]}, "mit Noten von Kakao, Walnuss und Sirup"),
        ("fr", {"parfum": "figue, cèdre"}, "parfum\u00a0: figue et cèdre"),
        ("de", {"koffein": "Koffeinfrei", "herkunft": "Äthiopien"}, "aus Äthiopien, koffeinfrei"),
    ],
)
def test_attributes_are_said_as_the_language_writes_them(
    language: str, attributes: dict[str, str | list[str]], said: str
) -> None:
    phrases = LIBRARY.fallback("vip", language).phrases
    assert highlight(make_product(0, attributes=attributes), phrases, LIBRARY.wording(language)) == said


@pytest.mark.parametrize(
    "description",
    [
        "Unsere beliebteste Kanne aus der alten Manufaktur im Norden.",
        "Eine Kanne aus Steinzeug, die wir in Lüneburg glasieren.",
        "Eine Kanne zum kleinen Preis für die ganze Familie.",
        "Eine runde Kanne aus gebranntem Ton inkl. Stövchen.",
    ],
)
def test_a_german_description_that_praises_or_sells_is_not_quoted(description: str) -> None:
    assert quotable_sentence(description)
    assert quotable_sentence(description, LIBRARY.wording("de").not_quoted) == ""


def test_a_german_description_that_describes_is_quoted() -> None:
    plain = "Eine bauchige Kanne, die ohne Tropfen ausgießt."
    assert quotable_sentence(plain, LIBRARY.wording("de").not_quoted) == plain


def test_a_language_without_words_for_reasons_gives_none() -> None:
    assert words_for("fi-FI").say("cart") == [""]
    assert words_for("../en").say("cart") == [""]


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("{value} Rabatt", "Rabatt", "/offers/amount"),
        ("{first} und {last}", "{first}, {last} {and}", "/listed"),
        ("language: de", "language: nl", None),
        ("^(?:un|", "^(un|(", "/as_it_is"),
    ],
)
def test_a_wrong_wording_is_refused_with_its_place(old: str, new: str, pointer: str | None) -> None:
    paths = LIBRARY.manifest()
    files = {path: LIBRARY.artifacts([path])[digest] for path, digest in paths.items()}
    text = files["wording/de.yaml"]
    assert old in text
    with pytest.raises(InvalidLibraryFile) as caught:
        Library({**files, "wording/de.yaml": text.replace(old, new)})
    assert "wording/de.yaml" in caught.value.message
    assert pointer is None or caught.value.pointer == pointer


def test_what_was_written_before_there_was_a_wording_keeps_its_english_words() -> None:
    paths = [path for path in LIBRARY.manifest() if not path.startswith("wording/")]
    before = Library.from_artifacts(LIBRARY.manifest(paths), LIBRARY.artifacts(paths))
    assert before.wording("de-DE") is ENGLISH


@pytest.mark.parametrize(
    ("language", "written", "read"),
    [
        ("de", "Zu „Kanne „Napoli“ blau“ und „Becher“", "Zu „Kanne ‚Napoli‘ blau“ und „Becher“"),
        ("fr", "Avec « Tasse « Bonjour » »", "Avec « Tasse “Bonjour” »"),
        ("es", "«Taza «Buenos días»», por 18 €", "«Taza “Buenos días”», por 18 €"),
        ("de", "Kanne „Napoli“", "Kanne „Napoli“"),
        ("de", "„Kanne „Napoli“", "„Kanne „Napoli“"),
        ("en", "“Cup “Morning””", "“Cup “Morning””"),
    ],
)
def test_a_name_within_a_name_has_marks_of_its_own(language: str, written: str, read: str) -> None:
    assert LIBRARY.wording(language).nested(written) == read


def test_the_first_of_a_month_is_written_as_the_language_does() -> None:
    assert LIBRARY.wording("fr-CA").dated("1 décembre 2026") == "1er décembre 2026"
    assert LIBRARY.wording("fr").dated("11 décembre 2026") == "11 décembre 2026"
    assert LIBRARY.wording("es").dated("1 de diciembre de 2026") == "1 de diciembre de 2026"


def test_a_swiss_line_has_no_sharp_s() -> None:
    assert LIBRARY.wording("de-CH").spelt("Ein Gruß", "de-CH") == "Ein Gruss"
    assert LIBRARY.wording("de-AT").spelt("Ein Gruß", "de-AT") == "Ein Gruß"


def test_spaces_that_do_not_break_stay_where_the_language_keeps_them() -> None:
    assert LIBRARY.wording("fr").spaced(" Là  où vous\nen étiez\u00a0? ") == "Là où vous en étiez\u00a0?"
    assert LIBRARY.wording("en").spaced("From  £12\u00a0a bag") == "From £12 a bag"
