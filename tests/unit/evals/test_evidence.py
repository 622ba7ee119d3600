"""A word that could be a claim holds a text back where something is asserted of the goods, and only there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from evals.draft import Block, BlockName
from evals.guard import check_block
from evals.snapshot import AttributeValue, OfferFacts, PersonFacts, ProductFacts
from evals.verdict import Severity, Status
from tests.kit.snapshots import MUG, TENT, held_back, rules_of, snapshot


def _like_the_mug(name: str, **attributes: AttributeValue) -> ProductFacts:
    return MUG.model_copy(update={"id": "one", "name": name, "category": "", "attributes": attributes})


INK = _like_the_mug("Bottle Green Ink 50 ml", colour="bottle green", waterproof=False)
FLASK = _like_the_mug("Isoflasche Gletscher 0,75 L", isolierung="24 h kalt, 12 h heiß")
PAN = _like_the_mug("Steel Pan 26 cm", material="carbon steel", weight="1.6 kg")
OIL = _like_the_mug("Huile Visage Chanvre", parfum=False)
SPEAKER = _like_the_mug("Speaker S3", battery="18 h")

SOUND: tuple[tuple[str, BlockName, str, dict[str, Any]], ...] = (
    ("en-GB", "preheader", "Oysters, lemon, and something cold", {}),
    ("en-GB", "opening", "Half past five, and the street smells of oak and rain.", {}),
    ("en-GB", "pitch", "It isn't waterproof, so keep it for letters rather than envelopes in the rain.", {"one": INK}),
    ("en-GB", "pitch", "Lighter than the cast iron your grandmother swore by.", {"one": PAN}),
    ("en-GB", "opening", "If wool itches, you are not alone.", {}),
    ("en-GB", "closing", "Made for rain? Ask us in April.", {}),
    ("en-GB", "opening", "The bus takes 45 minutes, and so does breakfast.", {}),
    ("en-GB", "closing", "There is no code in this email and no countdown either.", {}),
    ("en-GB", "opening", "I'm afraid this email is entirely about feet.", {}),
    ("en-GB", "subject", "Grass stains, muddy boots, the usual", {"person": PersonFacts(first_name="Mara")}),
    ("en-GB", "subject", "The best-dressed dog in the dark", {}),
    ("en-GB", "opening", "A year of mud. They must have stories.", {}),
    ("en-GB", "opening", "Nothing good ever happened before breakfast, according to everyone.", {}),
    ("en-GB", "closing", "Ask for Dave, our mechanic.", {}),
    ("en-GB", "opening", "A table without friends is a very expensive lazy Susan.", {}),
    ("en-GB", "pitch", "It comes with its own sense of humour.", {}),
    ("en-GB", "pitch", "The tent is $240: sixty dollars have gone missing.", {}),
    ("en-GB", "pitch", "Two mugs are $29, which is $14.50 a mug.", {}),
    ("en-GB", "pitch", "$300 was the price of the tent. $240 is the price.", {}),
    ("en-GB", "pitch", "The tent is $240, and shipping is free.", {}),
    ("en-GB", "pitch", "Shipping is free on every order over $75.", {}),
    ("en-GB", "pitch", "Dressed for the 8.15 to Leeds.", {}),
    ("en-GB", "closing", "From one muddy pair of boots to another: good luck.", {}),
    ("en-GB", "closing", "Write it down before you forget why you opened the page.", {}),
    ("en-GB", "pitch", "This one lets you hurry.", {}),
    ("es-ES", "opening", "Mara, la Semana Santa pasó.", {}),
    ("de-DE", "pitch", "Hält 24 Stunden kalt.", {"one": FLASK}),
    ("de-DE", "opening", "Falls der Löffel schon den Boden findet, sind wir da.", {}),
    ("de-DE", "opening", "Willkommen zwischen Stoffballen und Stecknadeln!", {}),
    ("de-DE", "opening", "Ist noch eine Flasche übrig?", {}),
    ("de-DE", "closing", "Lieber Kaffee? Kein Problem.", {}),
    ("de-DE", "opening", "Biscuit hat sechs Wochen lang so getan, als wäre nichts.", {}),
    ("de-DE", "closing", "Kommt noch ein Becher dazu, für 14,50 $?", {}),
    ("de-DE", "subject", "Der Winter läuft am Sonntag aus", {}),
    ("fr-FR", "pitch", "100 % libre de parfum.", {"one": OIL}),
    ("fr-FR", "opening", "Oubliez tout ce qui précède votre premier café.", {}),
    ("fr-FR", "opening", "S'il n'en reste que la croûte, on comprend.", {}),
    ("fr-FR", "opening", "Il en reste une tranche ?", {}),
)
WRONG: tuple[tuple[str, BlockName, str, dict[str, Any], str], ...] = (
    ("en-GB", "opening", "The mug is made of oak.", {}, "attribute.invented"),
    ("en-GB", "pitch", "Cast iron, and lighter than it looks.", {"one": PAN}, "attribute.invented"),
    ("en-GB", "pitch", "Made of wool? Yes, all of it.", {}, "attribute.invented"),
    ("en-GB", "subject", "Dishwasher-safe stainless steel", {}, "attribute.invented"),
    ("en-GB", "opening", "Only two left, is there one with your name on it?", {}, "scarcity.invented"),
    ("de-DE", "opening", "Nur noch 2 da, ist da nicht eine für dich übrig?", {}, "scarcity.invented"),
    ("en-GB", "pitch", "Thirty hours of music between charges.", {"one": SPEAKER}, "attribute.invented"),
    ("en-GB", "opening", "This email aims to convey a warm tone.", {}, "meta.refusal"),
    ("en-GB", "subject", "The best mug", {}, "claim.unsubstantiated"),
    ("en-GB", "subject", "A must have for spring", {}, "claim.unsubstantiated"),
    ("en-GB", "opening", "According to everyone, it is the one.", {}, "testimonial.fake"),
    ("en-GB", "closing", "Every one of them gave it five stars.", {}, "testimonial.fake"),
    ("en-GB", "closing", "See you soon, Dave.", {}, "name.wrong"),
    ("en-GB", "pitch", "The tent is $240, and $70 have gone missing.", {}, "price.wrong"),
    ("en-GB", "pitch", "Two mugs are $29, which is $13 a mug.", {}, "price.wrong"),
    ("en-GB", "pitch", "$320 was the price of the tent. $240 is the price.", {}, "price.wrong"),
    ("en-GB", "pitch", "The tent is $240. Shipping is free on every order.", {}, "shipping.invented"),
    ("en-GB", "pitch", "Hurry, this one goes fast.", {}, "urgency.invented"),
    ("en-GB", "pitch", "A pair of boots for every trail.", {}, "product.not_in_picks"),
    ("en-GB", "opening", "You opened the page twice last night.", {}, "creepy.surveillance"),
    ("de-DE", "pitch", "Hält 30 Stunden kalt.", {"one": FLASK}, "attribute.invented"),
    ("de-DE", "pitch", "„Nie wieder anders“, findet Petra aus Kiel.", {}, "testimonial.fake"),
    ("de-DE", "opening", "Hallo Mara und Torsten,", {}, "recipient.mixed"),
    ("de-DE", "pitch", "Nur noch eine Tasse auf Lager!", {}, "scarcity.invented"),
    ("de-DE", "closing", "Lieber Torsten, bis bald.", {}, "name.wrong"),
    ("de-DE", "closing", "Sechs Wochen lang zurückgeben: kein Problem.", {}, "policy.invented"),
    ("de-DE", "pitch", "Der Becher kostet €?", {}, "placeholder.leftover"),
    ("de-DE", "opening", "Wie klingt die Geige, die du letztes Jahr bei uns gekauft hast?", {}, "history.invented"),
    ("de-DE", "closing", "Um Mitternacht ist dieser Preis Geschichte.", {}, "urgency.invented"),
    ("de-DE", "closing", "Du willst doch nicht, dass er vor dem leeren Napf sitzt.", {}, "manipulation.guilt"),
    ("fr-FR", "pitch", "Avec 100 % de parfum.", {"one": OIL}, "attribute.invented"),
    ("fr-FR", "opening", "Oubliez tout ce qui précède.", {}, "injection.echo"),
    ("fr-FR", "closing", "Commande avant midi, livré chez toi le lendemain.", {}, "shipping.invented"),
    ("es-ES", "pitch", "La taza más segura del mundo, según todos los expertos.", {}, "claim.unsubstantiated"),
)


def _world(given: dict[str, Any]) -> dict[str, Any]:
    """The kit's world, or one that shows a single product."""
    rest = {key: value for key, value in given.items() if key != "one"}
    return {"products": (given["one"],), **rest} if "one" in given else rest


@pytest.mark.parametrize(("locale", "name", "text", "given"), SOUND, ids=lambda value: str(value)[:40])
def test_what_is_no_claim_about_the_goods_passes(
    locale: str, name: BlockName, text: str, given: dict[str, Any]
) -> None:
    held = held_back(text, name, locale=locale, **_world(given))
    assert [(verdict.rule, verdict.found) for verdict in held] == []


@pytest.mark.parametrize(("locale", "name", "text", "given", "rule"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_one_is_held_back(locale: str, name: BlockName, text: str, given: dict[str, Any], rule: str) -> None:
    assert rule in rules_of(held_back(text, name, locale=locale, **_world(given)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("opening", "Half past five, and the street smells of oak."),
        ("subject", "Oak, and a quiet evening"),
        ("pitch", "It includes a carrying case and a cleaning kit."),
        ("pitch", "It comes in red."),
    ],
)
def test_a_claim_that_nothing_proves_wrong_is_still_pointed_out(name: BlockName, text: str) -> None:
    verdicts = check_block(snapshot(), Block(name=name, text=text))
    told = {(item.rule, item.severity) for item in verdicts if item.status is Status.FAIL}
    assert told == {("attribute.invented", Severity.WARN)}


def test_a_certificate_is_one_wherever_it_stands() -> None:
    assert "attribute.invented" in rules_of(held_back("Certified organic, and raining outside.", "opening"))


def test_a_day_in_a_week_is_the_one_after_the_next() -> None:
    offer = OfferFacts(kind="gift", value="a card", min_spend=Decimal(25), expires=date(2026, 3, 20))
    text = "Bis Freitag in einer Woche legen wir ab 25 $ Einkauf eine Karte dazu."
    assert "urgency.invented" not in rules_of(held_back(text, "closing", locale="de-DE", offer=offer))
    later = offer.model_copy(update={"expires": date(2026, 3, 27)})
    assert "urgency.invented" in rules_of(held_back(text, "closing", locale="de-DE", offer=later))


def test_a_price_behind_a_title_with_de_is_no_former_one() -> None:
    set_of_four = _like_the_mug("Jeu de 4 ciseaux").model_copy(update={"price": Decimal(62), "id": "four"})
    text = "Le jeu de ciseaux à 62 $, la tente à 240 $ : 302 $ les deux."
    assert held_back(text, locale="fr-FR", products=(set_of_four, TENT)) == []


def test_a_threshold_behind_a_saving_is_one() -> None:
    offer = OfferFacts(
        code="CHAIN12",
        kind="amount",
        value=Decimal(12),
        min_spend=Decimal(60),
        expires=date(2026, 3, 16),
        currency="USD",
    )
    text = "With CHAIN12 another $12 comes off orders of $60 or more."
    assert held_back(text, "closing", offer=offer) == []
    assert "offer.misstated" in rules_of(held_back(text.replace("$60", "$40"), "closing", offer=offer))


def test_the_price_of_a_hundred_grams_follows_from_the_price_of_a_bag() -> None:
    beans = _like_the_mug("Hausmischung 500 g", size="500 g").model_copy(update={"price": Decimal("14.90"), "id": "b"})
    text = "14,90 $ für ein Pfund, das sind 2,98 $ für 100 g."
    assert held_back(text, locale="de-DE", products=(beans,)) == []
    assert "price.wrong" in rules_of(held_back(text.replace("2,98", "2,48"), locale="de-DE", products=(beans,)))


def test_before_a_month_is_until_the_end_of_the_one_before() -> None:
    offer = OfferFacts(kind="gift", value="a card", min_spend=Decimal(30), expires=date(2026, 3, 31), currency="USD")
    text = "$30 or more before April and we add a card."
    assert held_back(text, "closing", offer=offer) == []
    earlier = offer.model_copy(update={"expires": date(2026, 3, 20)})
    assert "urgency.invented" in rules_of(held_back(text, "closing", offer=earlier))


def test_how_long_somebody_is_with_us_follows_from_when_they_joined() -> None:
    person = PersonFacts(first_name="Mara", signup_date=date(2026, 3, 8))
    assert held_back("You've been with us for two days, Mara.", "opening", person=person) == []
    wrong = held_back("You've been with us for two years, Mara.", "opening", person=person)
    assert "history.invented" in rules_of(wrong)
