"""Lines read one by one hold the phrases that the whole text holds."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from evals.reading import Reading
from evals.text import lexicon
from evals.text.phrases import without_exceptions

_PIECES = (
    "free delivery", "ends tonight", "only 3 left", "20% off", "save £5", "was £60", "£7.00", "not", "no", "No.", "7.",
    "12.", "bis zum 3.", "am", "each", "from", "to", "last", "chance", "Tea", "e.g.", "for", "you", ".", "?", "!", ",",
    "- ", "* ", "\n", "\n\n", " \n", "’", "“", "nur", "noch", "heute",
)  # fmt: skip


@example(["Tea\n7.", "left"], "en")
@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=14), st.sampled_from(["en", "de", "fr", "es"]))
def test_a_text_holds_the_phrases_of_its_lines(pieces: list[str], language: str) -> None:
    text = " ".join(pieces).strip()
    reading = Reading(text, language)
    whole = without_exceptions(lexicon.matcher(language).find(reading.tokens))
    assert list(reading.hits) == whole
