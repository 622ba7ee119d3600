"""What a template may say of a product it does not know, and of a reader whose last order may be two days old."""

from __future__ import annotations

import pytest

from prompts.library import Library
from prompts.model import FlowName

LIBRARY = Library.load()
AGO = {
    "en": ("a while", "so long", "long time", "patience"),
    "de": ("weile", "lange", "geduld"),
    "fr": ("fait un moment", "longtemps", "de temps a passé", "patience"),
    "es": ("un tiempo", "mucho tiempo", "hace tiempo", "paciencia"),
}
UNKNOWN = {
    "en": ("small", "done with care", "simple", "put aside", "go well", "good match", "companion", "get along"),
    "de": ("klein, ", "kleine erg", "kleinigkeit, ", "kleinigkeit zum", "sorgfalt gemacht", "schlicht", "passt gut",
           "beiseitegelegt", "gut zum rest", "verstehen"),
    "fr": ("petit, ", "petit ajout", "chose, ", "chose pour re", "simple et", "mis de côté",
           "va bien avec", "irait bien", "entendr", "assorti"),
    "es": ("pequeño, ", "pequeño añ", "detalle, ", "detalle para v", "hecho con", "sencillo", "apartado", "combina",
           "quedaría bien", "entenderían"),
}  # fmt: skip
"""Size, workmanship, a reservation, a match: of whatever product a line stands under, nobody knows them."""

language_of = pytest.mark.parametrize("language", LIBRARY.languages)


@language_of
@pytest.mark.parametrize("flow", ["win_back", "back_in_stock"])
def test_no_time_is_named_that_is_not_known(language: str, flow: FlowName) -> None:
    """How long ago the last order was, and how long something was sold out."""
    lines = LIBRARY.fallback(flow, language).blocks.values()
    assert not [
        line.text for block in lines for line in block if any(one in line.text.lower() for one in AGO[language])
    ]


@language_of
def test_a_line_that_stands_under_any_product_claims_nothing_of_it(language: str) -> None:
    for flow in LIBRARY.flows:
        pitches = LIBRARY.fallback(flow.name, language).blocks["pitch"]
        texts = [line.text.lower() for line in pitches if not line.needs]
        assert not [text for text in texts if any(claim in text for claim in UNKNOWN[language])], flow.name
