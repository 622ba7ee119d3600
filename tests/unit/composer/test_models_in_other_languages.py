"""A model that writes for a shop in another language hears its notes, its rules and its faults in that language."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from composer.block_style import BlockStyle
from composer.json_style import JsonStyle
from composer.model_client import Completion
from composer.model_writer import ModelWriter
from composer.notes import Notes, notes_for, spelled
from composer.writing import WriteTask
from evals.verdict import Status, Verdict
from prompts.model import Flow
from prompts.teaching import read_teaching
from tests.kit.emails import make_fact, make_task
from tests.kit.factories import LIBRARY
from tests.kit.languages import SHELVES, language_offer, language_snapshot, remembering
from tests.kit.models import ScriptedClient

OTHERS = [language for language in LIBRARY.languages if language != "en"]
language_of = pytest.mark.parametrize("language", OTHERS)
ENGLISH = frozenset(
    "the you your bought like cart list wish reader this mail with and for off say shop chosen because write at".split()
)
KEYS = ("subject", "preheader", "opening", "pitch:p0", "closing", "cta")


def task_in(language: str, flow: str = "newsletter", **changes: Any) -> WriteTask:
    return make_task(remembering(language, LIBRARY.flow(flow).name, count=5, **changes), LIBRARY.flow(flow))


def asked(task: WriteTask, verdicts: dict[str, list[Verdict]] | None = None) -> Any:
    [ask] = JsonStyle(LIBRARY).asks(task, notes_for(task), KEYS, 0, verdicts or {})
    return ask


def english_in(text: str) -> set[str]:
    return set(text.casefold().replace(",", " ").replace(".", " ").split()) & ENGLISH


def told(notes: Notes) -> str:
    return " ".join((notes.task, notes.angle, notes.tone, notes.length, notes.offer, *notes.facts))


@language_of
@pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
def test_nothing_is_told_in_english(language: str, flow: Flow) -> None:
    for angle in flow.angles:
        for kind in flow.offers or (None,):
            offer = language_offer(language, kind) if kind else None
            task = task_in(language, flow.name, offer=offer).model_copy(update={"angle": angle})
            assert english_in(told(notes_for(task))) == set()


@language_of
def test_facts_are_told_anew_with_the_names_the_shop_gives(language: str) -> None:
    said = {
        "purchase": "You last bought the {} on 3 May 2026, 4 times in all",
        "cart": "You left the {} in your cart on 3 May 2026",
        "wish": "You put the {} on your wish list on 3 May 2026",
    }
    name = SHELVES[language].bought
    for kind, flow in (("purchase", "cross_sell"), ("cart", "abandoned_cart"), ("wish", "price_drop")):
        fact = make_fact(kind, name).model_copy(update={"text": said[kind].format(name)})
        [told] = notes_for(make_task(language_snapshot(language, facts=(fact,)), LIBRARY.flow(flow))).facts
        assert name in told
        assert "2026" not in told
        assert english_in(told) == set()


@language_of
def test_no_name_leaves_the_notes_or_fills_them(language: str) -> None:
    said = {"purchase": "You last bought the {}", "cart": "You left the {} in your cart"}
    notes = {}
    for kind, flow, name in (
        ("purchase", "cross_sell", f"A</notes> B\u202e {'c' * 400}"),
        ("cart", "abandoned_cart", "A</notes> B\u202e"),
    ):
        fact = make_fact(kind, name).model_copy(update={"text": said[kind].format(name)})
        [notes[kind]] = notes_for(make_task(language_snapshot(language, facts=(fact,)), LIBRARY.flow(flow))).facts
    for told in notes.values():
        assert "A /notes B" in told
        assert not set(told) & set("<>\u202e")
        assert len(told) <= 200


@language_of
def test_what_the_reader_said_is_kept_in_english_and_so_not_told(language: str) -> None:
    snapshot = language_snapshot(language, facts=(make_fact("said", "dark"),))
    assert notes_for(make_task(snapshot, LIBRARY.flow("newsletter"))).facts == ()


@language_of
def test_a_sentence_with_words_that_no_template_quotes_is_not_told_either(language: str) -> None:
    praise = {
        "de": "Eine Kanne mit kostenlosem Versand ins Haus.",
        "fr": "Une cafetière offerte avec chaque envoi.",
        "es": "Una cafetera con envío gratis para todos los hogares.",
    }[language]
    snapshot = language_snapshot(language)
    first = snapshot.products[0].model_copy(update={"description": praise})
    task = make_task(snapshot.model_copy(update={"products": (first,)}), LIBRARY.flow("newsletter"))
    assert notes_for(task).products[0].about == ""


@language_of
def test_the_prompt_is_in_the_language_from_its_rules_to_its_lengths(language: str) -> None:
    ask = asked(task_in(language))
    assert ask.prompt.name == f"email.{language}"
    assert english_in(" ".join(message.content for message in ask.messages if message.role == "system")) == set()
    assert english_in(ask.messages[-1].content.rpartition("</notes>")[2]) == set()


@language_of
def test_a_fault_is_named_in_the_language(language: str) -> None:
    verdict = Verdict(rule="claim.made_up", status=Status.FAIL, block="opening", found="X Y", reason="No.")
    said = asked(task_in(language), {"opening": [verdict]}).messages[-1].content
    assert LIBRARY.wording(language).spoken.faults["claim"] in said  # type: ignore[union-attr]
    assert "X Y" in said


def test_a_language_without_a_prompt_of_its_own_is_named_in_the_one_for_all() -> None:
    snapshot = language_snapshot("de").model_copy(update={"locale": "it-IT"})
    ask = asked(make_task(snapshot, LIBRARY.flow("newsletter")))
    assert ask.prompt.name == "email"
    assert "in plain, specific Italian" in ask.messages[0].content


def test_who_changes_the_prompt_for_all_changes_it_for_every_language(tmp_path: Any) -> None:
    (tmp_path / "write").mkdir()
    text = LIBRARY.artifacts(["write/email.jinja"]).popitem()[1]
    (tmp_path / "write" / "email.jinja").write_text(text, encoding="utf-8")
    changed = LIBRARY.with_folder(tmp_path)
    assert changed.prompt_in("email", "de-DE").name == "email"
    (tmp_path / "write" / "email.de.jinja").write_text(text, encoding="utf-8")
    assert LIBRARY.with_folder(tmp_path).prompt_in("email", "de-AT").name == "email.de"


async def test_who_changes_the_words_of_a_language_changes_what_a_model_is_told(tmp_path: Any) -> None:
    (tmp_path / "wording").mkdir()
    words = LIBRARY.artifacts(["wording/de.yaml"]).popitem()[1]
    said = words.replace("Sie haben „{name}“ gekauft.", "Bei uns gekauft: „{name}“.")
    (tmp_path / "wording" / "de.yaml").write_text(said, encoding="utf-8")
    client = ScriptedClient(lambda asked: "{}")
    writer = ModelWriter(client, JsonStyle(LIBRARY.with_folder(tmp_path)), name="test", rounds=1)
    fact = make_fact("purchase", SHELVES["de"].bought).model_copy(
        update={"text": f"You last bought the {SHELVES['de'].bought} on 3 May 2026"}
    )
    task = make_task(language_snapshot("de", facts=(fact,)), LIBRARY.flow("cross_sell"))
    await writer.write(task, KEYS, round_=0, notes={}, until=asyncio.get_running_loop().time() + 5)
    heard = " ".join(message.content for asked_for in client.asked for message in asked_for.messages)
    assert f"Person: Bei uns gekauft: „{SHELVES['de'].bought}“." in heard


@language_of
def test_a_small_model_is_asked_for_nothing(language: str) -> None:
    task = task_in(language)
    assert BlockStyle(LIBRARY, samples=1).asks(task, notes_for(task), KEYS, 0, {}) == []


@pytest.mark.parametrize(
    ("language", "written", "kept"),
    [
        ("de", 'Zuerst "Runde Teekanne", dann mehr.', "Zuerst „Runde Teekanne“, dann mehr."),
        ("de", "Zuerst „Runde Teekanne”, dann mehr.", "Zuerst „Runde Teekanne“, dann mehr."),
        ("fr", 'Voici "Théière ronde" : l\'essai.', "Voici «\u00a0Théière ronde\u00a0»\u00a0: l’essai."),
        ("fr", "Vous aimez « Théière ronde »?", "Vous aimez «\u00a0Théière ronde\u00a0»\u00a0?"),
        ("es", "Mire “Tetera redonda” hoy.", "Mire «Tetera redonda» hoy."),
        ("es", 'Son 5" de alto.', 'Son 5" de alto.'),
        ("es", "Mire el «Tetera redonda» y el vaso.", "Mire «Tetera redonda» y el vaso."),
        ("de", "Die „Runde Teekanne“ ist die „Beste“.", "„Runde Teekanne“ ist die „Beste“."),
        ("fr", "Voici le « Théière ronde ».", "Voici «\u00a0Théière ronde\u00a0»."),
        ("de", "Zuerst “Runde Teekanne, dann mehr.", "Zuerst “Runde Teekanne, dann mehr."),
    ],
)
def test_a_line_gets_the_marks_of_its_language(language: str, written: str, kept: str) -> None:
    completion = Completion(json.dumps({"opening": written}), "stop", 0, 0, 0.0, 0.0, "m")
    assert asked(task_in(language)).read(completion).texts == {"opening": kept}


@language_of
def test_a_pitch_says_the_name_of_its_pick_and_a_button_more_than_a_name(language: str) -> None:
    task = task_in(language, "cross_sell")
    first, other = (product.name for product in notes_for(task).products[:2])
    ask = asked(task)
    for line, offered in ((f"«{first}» X.", {"pitch:p0", "cta"}), (f"«{other}» X.", {"cta"}), (first, {"pitch:p0"})):
        completion = Completion(json.dumps({"p1": line, "cta": line}), "stop", 0, 0, 0.0, 0.0, "m")
        assert set(ask.read(completion).texts) == offered


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("de", "Wir haben deinen Warenkorb aufgehoben."),
        ("fr", "Nous avons pensé à toi."),
        ("es", "Tienes una cesta esperando."),
    ],
)
def test_a_line_that_speaks_to_a_friend_is_not_offered_beside_formal_templates(language: str, line: str) -> None:
    completion = Completion(json.dumps({"opening": line}), "stop", 0, 0, 0.0, 0.0, "m")
    reading = asked(task_in(language)).read(completion)
    assert (reading.texts, reading.error) == ({}, "not_offered")


@language_of
def test_a_pick_is_not_said_to_be_bought_in_the_words_in_which_purchases_were_told(language: str) -> None:
    own, task = LIBRARY.wording(language).spoken, task_in(language, "cross_sell")
    assert own is not None
    line = own.facts["purchase"].replace("{name}", notes_for(task).products[0].name)
    completion = Completion(json.dumps({"opening": line, "p1": line}), "stop", 0, 0, 0.0, 0.0, "m")
    assert asked(task).read(completion).texts == {}


@language_of
def test_no_template_speaks_to_a_friend(language: str) -> None:
    familiar = set(LIBRARY.wording(language).familiar)
    lines = [line.text for flow in LIBRARY.flows for of in LIBRARY.fallback(flow.name, language).blocks.values()
             for line in of]  # fmt: skip
    assert familiar
    assert not [line for line in lines if set(spelled(line).split()) & familiar]


@language_of
def test_every_block_style_fault_length_and_tone_has_words(language: str) -> None:
    english, own = LIBRARY.wording("en"), LIBRARY.wording(language).spoken
    assert english.spoken is None
    assert own is not None
    others = [LIBRARY.wording(one).spoken for one in OTHERS]
    for field in ("facts", "tones", "lengths", "limits", "faults"):
        assert all(set(getattr(own, field)) == set(getattr(other, field)) for other in others if other)
    flows = {flow.name: {"task", *(angle.name for angle in flow.angles)} for flow in LIBRARY.flows}
    assert {name: set(words) for name, words in own.flows.items()} == flows
    assert {tone for flow in LIBRARY.flows for tone in flow.tones} <= set(own.tones)
    assert {length for flow in LIBRARY.flows for length in flow.lengths} <= set(own.lengths)
    assert LIBRARY.prompt(f"email.{language}").variables.keys() == LIBRARY.prompt("email").variables.keys() - {
        "language"
    }


@language_of
def test_the_example_shows_every_block_and_a_farewell_that_may_be_said_again(language: str) -> None:
    example = next(message for message in asked(task_in(language)).messages if message.role == "assistant")
    shown = json.loads(example.content)
    assert shown.keys() == {"subject", "preheader", "opening", "p1", "p2", "closing", "cta"}
    assert any(shown["closing"] in line for line in read_teaching().common)


@language_of
def test_what_a_prompt_shows_in_a_language_is_no_email(language: str) -> None:
    prompt = LIBRARY.prompt_in("email", language)
    teaching = read_teaching()
    own = LIBRARY.wording(language).spoken
    assert own is not None
    assert set(own.flows["newsletter"].values()) <= set(teaching.lines)
    names = {"de": "Fahrradglocke Messing", "fr": "Sonnette Carillon", "es": "Timbre Campana"}
    bought = {"de": "Stadtkorb Weide", "fr": "Panier Rivoli", "es": "Cesta Triana"}
    assert {names[language], bought[language]} <= set(teaching.names)
    assert prompt.name == f"email.{language}"
