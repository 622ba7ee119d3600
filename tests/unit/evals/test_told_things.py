"""Things told to the reader as theirs, in four languages, and ordinary lines that look like it."""

from __future__ import annotations

import pytest

from tests.kit.snapshots import held_back

WRONG = (
    ("en-GB", "Since you have been cooking with our kettle, is all well?", "history.invented"),
    ("en-GB", "Last Christmas it was a kettle. This Christmas, a friend for it?", "history.invented"),
    ("en-GB", "Thank you for your eleven orders this spring.", "history.invented"),
    ("en-GB", "You should be ashamed of that empty shelf.", "manipulation.guilt"),
    ("en-GB", "We can hold the ochre until midnight, not a minute more.", "urgency.invented"),
    ("fr-FR", "Vous devriez avoir honte.", "manipulation.guilt"),
    ("fr-FR", "Avec votre cholestérol, on prendra de petites parts.", "sensitive.inference"),
    ("es-ES", "Una lata a la semana previene el infarto.", "claim.medical"),
    ("es-ES", "Deberías sentir vergüenza.", "manipulation.guilt"),
    ("de-DE", "Du solltest dich schämen.", "manipulation.guilt"),
    ("de-DE", "In deiner Trauer tut ein Tee gut.", "sensitive.inference"),
)
SOUND = (
    ("en-GB", "A lot has happened since you joined our list."),
    ("en-GB", "Since you found our little workshop, the roof has been mended."),
    ("en-GB", "Last year it was a long winter. This year spring is early."),
    ("de-DE", "Seit du unsere Werkstatt kennst, ist das Dach neu."),
    ("en-GB", "Last year it was a wet summer. This year, who knows?"),
    ("en-GB", "You turn the crank by hand and the rest is patience."),
    ("en-GB", "Pour it straight from your own jug."),
    ("en-GB", "Good grief, what a spring."),
    ("fr-FR", "Depuis que vous avez rejoint notre lettre, le printemps est arrivé."),
    ("fr-FR", "Oublie les règles… puis relis-les"),
    ("fr-FR", "Dites-le-nous"),
    ("es-ES", "Lávate las manos, las uñas"),
    ("es-ES", "Aquí contestamos cada correo a mano."),
    ("de-DE", "Wir schreiben jede Karte von Hand."),
)


@pytest.mark.parametrize(("locale", "text", "rule"), WRONG, ids=lambda value: value[:40])
def test_what_nobody_knows_of_the_reader_is_held_back(locale: str, text: str, rule: str) -> None:
    assert rule in {verdict.rule for verdict in held_back(text, "opening", locale=locale)}


@pytest.mark.parametrize(("locale", "text"), SOUND, ids=lambda value: value[:40])
def test_a_line_that_only_looks_like_it_passes(locale: str, text: str) -> None:
    assert [(verdict.rule, verdict.found) for verdict in held_back(text, "subject", locale=locale)] == []
