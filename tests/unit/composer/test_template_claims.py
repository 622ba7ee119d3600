"""What a template may say of a product it does not know, and of a reader whose last order may be two days old."""

from __future__ import annotations

import pytest

from prompts.library import Library

LIBRARY = Library.load()
AGO = {
    "en": ("a while", "so long", "long time"),
    "de": ("weile", "lange"),
    "fr": ("fait un moment", "longtemps", "de temps a passé"),
    "es": ("un tiempo", "mucho tiempo", "hace tiempo"),
}
UNKNOWN = {
    "en": ("small", "done with care", "simple", "put aside", "go well", "good match", "companion", "get along"),
    "de": ("klein, ", "kleine erg", "kleinigkeit, ", "kleinigkeit zum", "sorgfalt gemacht", "schlicht", "passt gut",
           "beiseitegelegt", "gut zum rest", "verstehen"),
    "fr": ("petit, ", "petit ajout", "chose, ", "chose pour re", "fait avec soin", "simple et", "mis de côté",
           "va bien avec", "irait bien", "entendr", "assorti"),
    "es": ("pequeño, ", "pequeño añ", "detalle, ", "detalle para v", "hecho con", "sencillo", "apartado", "combina",
           "quedaría bien", "entenderían"),
}  # fmt: skip
"""Size, workmanship, a reservation, a match: of whatever product a line stands under, nobody knows them."""

language_of = pytest.mark.parametrize("language", LIBRARY.languages)


@language_of
def test_win_back_names_no_time_that_it_does_not_know(language: str) -> None:
    """It may be sent to everyone, and so to somebody who ordered two days ago."""
    lines = LIBRARY.fallback("win_back", language).blocks.values()
    assert not [
        line.text for block in lines for line in block if any(one in line.text.lower() for one in AGO[language])
    ]


@language_of
def test_a_line_that_stands_under_any_product_claims_nothing_of_it(language: str) -> None:
    for flow in LIBRARY.flows:
        pitches = LIBRARY.fallback(flow.name, language).blocks["pitch"]
        texts = [line.text.lower() for line in pitches if not line.needs]
        assert not [text for text in texts if any(claim in text for claim in UNKNOWN[language])], flow.name
