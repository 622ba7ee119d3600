"""What is told of a purchase, a price, a wish or a grade is judged by what it is told of, in four languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from evals.draft import BlockName
from evals.snapshot import Fact, OrderFact, PersonFacts, ProductFacts
from tests.kit.snapshots import MUG, PERSON, TENT, held_back, rules_of


def _like_the_mug(name: str, price: str = "14.50", description: str = "", **attributes: Any) -> ProductFacts:
    return MUG.model_copy(
        update={
            "id": name,
            "name": name,
            "price": Decimal(price),
            "category": "",
            "attributes": attributes,
            "description": description,
        }
    )


LIGHTS = _like_the_mug("Lumen Pair Light Set", "48.00", front="600 lumens", rear="120 lumens")
LAMP = _like_the_mug("Lumen Front Light", "48.00", front="600 lumens")
WOOL = _like_the_mug("Merino DK Heather 50 g", "6.20", length="115 m")
TUNER = _like_the_mug("Clip-On Tuner", modes="chromatic, guitar")
REAR = _like_the_mug("Luz Trasera Chispa", resistencia_agua="IPX6")
BOOT = _like_the_mug("Botín Chelsea Greta", piel="ante", suela="goma")
BOOK = _like_the_mug("El faro de ceniza", encuadernacion="tapa blanda")
COMPOST = _like_the_mug("Peat-Free Compost 40 L", volume="40 L")
MILL = _like_the_mug("Handmühle Stellwerk", description="Ein Mahlwerk, das sich in zwölf Stufen verstellen lässt.")
ROBE = _like_the_mug("Peignoir en lin", description="Un peignoir ample, avec deux poches.")
OIL_SOAP = "Savon à l'huile d'olive"
LAVENDER = _like_the_mug("Savon à la lavande", parfum="lavande de Drôme")
BEANS = _like_the_mug("Hafenröstung", size="250 g")


def _bought(*titles: str) -> PersonFacts:
    return PERSON.model_copy(
        update={"orders": tuple(OrderFact(product=title, date=date(2026, 1, 20)) for title in titles)}
    )


WISH = Fact(
    id="w",
    kind="wish",
    text="You put the Handmühle Stellwerk on your wish list on 1 March 2026",
    learned_at=datetime(2026, 3, 1, tzinfo=UTC),
)

SOUND: tuple[tuple[str, BlockName, str, dict[str, Any]], ...] = (
    ("en-US", "subject", "Both lights for less than $50", {"one": LIGHTS}),
    ("en-US", "pitch", "Roughly six dollars a ball, with 115 m on each one.", {"one": WOOL}),
    ("de-DE", "pitch", "Rund sechs Dollar das Knäuel.", {"one": WOOL}),
    ("fr-FR", "pitch", "Environ six dollars la pelote.", {"one": WOOL}),
    ("es-ES", "pitch", "Unos seis dólares el ovillo.", {"one": WOOL}),
    ("es-ES", "pitch", "Aguanta la lluvia con IPX6.", {"one": REAR}),
    ("fr-FR", "pitch", "Résiste à la pluie : IPX6.", {"one": REAR}),
    ("es-ES", "opening", "El ante lo ponemos nosotros; la calle, tú.", {"one": BOOT}),
    (
        "es-ES",
        "whole",
        "Botín Chelsea Greta. De ante, el mismo que pediste en enero.",
        {"one": BOOT, "person": _bought(BOOT.name)},
    ),
    (
        "en-GB",
        "opening",
        "You took two bags of our Peat-Free Compost last winter.",
        {"one": COMPOST, "person": _bought(COMPOST.name)},
    ),
    ("es-ES", "pitch", "En tapa blanda.", {"one": BOOK}),
    ("es-ES", "closing", "Si de verdad quieres dormir bien, prueba esta.", {}),
    ("en-GB", "closing", "The onions explain the tears.", {}),
    ("es-ES", "opening", "Usted compró «Tetera Alba».", {"person": _bought("Tetera Alba")}),
    (
        "es-ES",
        "opening",
        "En enero pidió usted «Tetera Alba»; en abril apetece lo mismo.",
        {"person": _bought("Tetera Alba")},
    ),
    ("de-DE", "opening", "Sie haben „Trail Socks 3-Pack“ gekauft. Dazu passt „Larch 2P Tent“.", {}),
    ("de-DE", "pitch", "Das ist die „Herdkanne 3“.", {"one": _like_the_mug("Herdkanne 3")}),
    ("de-DE", "opening", "„Handmühle Stellwerk“ steht auf Ihrem Wunschzettel.", {"one": MILL, "facts": (WISH,)}),
    ("de-DE", "pitch", "Es lässt sich in zwölf Stufen verstellen.", {"one": MILL}),
    ("fr-FR", "pitch", "Un peignoir ample, avec deux poches.", {"one": ROBE}),
    ("fr-FR", "cta", "En savoir plus", {}),
    (
        "de-DE",
        "opening",
        "Sie haben „Hafenröstung“ gekauft. Geht die Tüte langsam zur Neige?",
        {"one": BEANS, "person": _bought(BEANS.name)},
    ),
    ("es-ES", "opening", "Ya tiene «Tetera Alba».", {"person": _bought("Tetera Alba")}),
    (
        "es-ES",
        "opening",
        "Ya tiene «Larch 2P Tent» en su cesta.",
        {"person": PERSON.model_copy(update={"cart": (TENT.name,)})},
    ),
    ("es-ES", "opening", "Usted tiene 60 días para devolver «Larch 2P Tent».", {}),
    ("de-DE", "cta", "Zum Shop", {}),
    ("de-DE", "subject", "Save the Date", {}),
    ("fr-FR", "pitch", "« Savon à la lavande » est un savon.", {"one": LAVENDER, "person": _bought(OIL_SOAP)}),
)
WRONG: tuple[tuple[str, BlockName, str, dict[str, Any], str], ...] = (
    ("en-US", "subject", "Both lights for less than $40", {"one": LIGHTS}, "price.wrong"),
    ("en-US", "pitch", "Roughly five dollars a ball.", {"one": WOOL}, "price.wrong"),
    ("es-ES", "pitch", "Unos cinco dólares el ovillo.", {"one": WOOL}, "price.wrong"),
    ("en-US", "subject", "HURRY, in that order", {"one": TUNER}, "style.spam"),
    ("de-DE", "subject", "HAUPTGEWINN, ganz ruhig", {}, "style.spam"),
    ("de-DE", "subject", "Der BLITZPREIS, ganz ruhig", {}, "style.spam"),
    ("es-ES", "pitch", "Aguanta la lluvia con IPX8.", {"one": REAR}, "attribute.invented"),
    ("es-ES", "pitch", "Aguanta la lluvia, de día y de noche.", {"one": REAR}, "attribute.invented"),
    ("es-ES", "pitch", "Es sumergible con IPX6.", {"one": REAR}, "attribute.invented"),
    (
        "en-GB",
        "opening",
        "You took two bags of our Peat-Free Compost last winter.",
        {"one": COMPOST},
        "history.invented",
    ),
    ("es-ES", "pitch", "En tapa dura.", {"one": BOOK}, "attribute.invented"),
    ("es-ES", "closing", "Si de verdad quisieras a Biscuit, no te lo pensarías tanto.", {}, "manipulation.guilt"),
    ("de-DE", "closing", "Wenn du Biscuit wirklich lieben würdest, wäre es schon da.", {}, "manipulation.guilt"),
    ("fr-FR", "closing", "Si vous teniez vraiment à Biscuit, ce serait fait.", {}, "manipulation.guilt"),
    ("en-GB", "closing", "Leave it, then, and explain the tears yourself.", {}, "manipulation.guilt"),
    ("en-GB", "pitch", "The number one mug among professional chefs.", {}, "claim.unsubstantiated"),
    ("es-ES", "opening", "Usted compró «Tin Mug No. 4».", {}, "history.invented"),
    ("es-ES", "opening", "Compró usted «Tin Mug No. 4».", {}, "history.invented"),
    ("es-ES", "opening", "Ya tiene usted «Tin Mug No. 4».", {}, "history.invented"),
    ("es-ES", "opening", "Ya tiene «Larch 2P Tent».", {}, "history.invented"),
    ("de-DE", "opening", "Sie haben „Larch 2P Tent“ gekauft.", {}, "history.invented"),
    ("de-DE", "opening", "„Handmühle Stellwerk“ steht auf Ihrem Wunschzettel.", {"one": MILL}, "history.invented"),
    (
        "de-DE",
        "opening",
        "Sie haben „Hafenröstung“ gekauft. Bald ausverkauft?",
        {"one": BEANS, "person": _bought(BEANS.name)},
        "scarcity.invented",
    ),
    ("de-DE", "cta", "Order now", {}, "language.wrong"),
    ("fr-FR", "cta", "Order now", {}, "language.wrong"),
    ("es-ES", "cta", "Learn more", {}, "language.wrong"),
    ("es-ES", "subject", "Free shipping on Tin Mug No. 4", {}, "language.wrong"),
    ("de-DE", "pitch", "Our Kundschaft likes the Kanne.", {}, "language.wrong"),
    (
        "fr-FR",
        "pitch",
        "« Savon à l'huile d'olive » est un savon parfumé.",
        {"one": LAVENDER, "person": _bought(OIL_SOAP)},
        "product.not_in_picks",
    ),
)


def _world(given: dict[str, Any], name: BlockName) -> dict[str, Any]:
    """The kit's world, or one that shows a single product, which a pitch is then about."""
    rest = {key: value for key, value in given.items() if key != "one"}
    if "one" not in given:
        return rest
    about = {"product_id": given["one"].id} if name == "pitch" else {}
    return {"products": (given["one"],), **about, **rest}


@pytest.mark.parametrize(("locale", "name", "text", "given"), SOUND, ids=lambda value: str(value)[:40])
def test_what_the_facts_bear_out_passes(locale: str, name: BlockName, text: str, given: dict[str, Any]) -> None:
    held = held_back(text, name, locale=locale, **_world(given, name))
    assert [(verdict.rule, verdict.found) for verdict in held] == []


@pytest.mark.parametrize(("locale", "name", "text", "given", "rule"), WRONG, ids=lambda value: str(value)[:40])
def test_what_they_do_not_is_held_back(
    locale: str, name: BlockName, text: str, given: dict[str, Any], rule: str
) -> None:
    assert rule in rules_of(held_back(text, name, locale=locale, **_world(given, name)))
