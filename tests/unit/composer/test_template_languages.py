"""What templates promise holds in every language that has some: enough lines, sound ones, none that is dead."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import cast

import pytest

from composer.deadline import Deadline
from composer.ladder import NoSafeText, climb
from composer.styles import cta_style, subject_style
from composer.templates import BlockTemplates, draft_keys, template_email, templates_for
from composer.timing import Stopwatch
from evals.draft import Draft
from evals.guard import check_block, check_draft, fails_of_block
from evals.snapshot import Snapshot
from prompts.library import Library
from prompts.model import BlockName, Fallback, Flow, FlowName
from tests.kit.emails import make_task
from tests.kit.languages import SHELVES, language_offer, language_snapshot, remembering, worlds
from tests.kit.patience import PATIENCE_S

LIBRARY = Library.load()
LANGUAGES = LIBRARY.languages
SEEDS = range(8)
SAYS_OF_LEAD = {
    "abandoned_cart": {
        "en": ("left", "picked", "Kept"), "de": ("wie Sie es gelassen", "Warenkorb"),
        "fr": ("panier",), "es": ("cesta", "carrito"),
    },
    "replenishment": {"en": ("same", "next"), "de": ("Dasselbe", "nächste"), "fr": ("même",), "es": ("mismo",)},
}  # fmt: skip
"""Words that are true of what lies in the cart or runs out, and of nothing beside it."""
WATCHED = {
    "en": ("you viewed", "you looked", "you browsed", "you searched", "saw you"),
    "de": ("angesehen haben", "gesucht haben", "angeschaut", "gestöbert", "besucht haben"),
    "fr": ("vous avez regardé", "vous avez consulté", "vous avez cherché", "votre visite"),
    "es": ("ha visto", "ha mirado", "ha buscado", "su visita"),
}
LEFT = {
    "en": ("lapsed", "churn", "inactive", "miss you", "missed you", "where have you"),
    "de": ("vermiss", "inaktiv", "wo waren sie", "lange nicht", "verloren"),
    "fr": ("manqué", "manquez", "inactif", "où étiez", "perdu de vue"),
    "es": ("echamos de menos", "echado de menos", "inactiv", "dónde ha", "perdido"),
}
NAMES = {"fi-FI": "Finnish", "it-IT": "Italian"}

language_of = pytest.mark.parametrize("language", LANGUAGES)


def templates_of(snapshot: Snapshot, seed: int, step: str | None = None, angle: int = 0) -> BlockTemplates:
    flow = LIBRARY.flow(snapshot.flow)
    task = make_task(snapshot, flow, step=step, angle=flow.angles[angle % len(flow.angles)])
    return BlockTemplates(LIBRARY.fallback(flow.name, snapshot.locale), task, seed)


def write(snapshot: Snapshot, seed: int = 1, step: str | None = None, angle: int = 0) -> Draft:
    return template_email(templates_of(snapshot, seed, step, angle), snapshot)


def text_of(draft: Draft) -> str:
    return "\n".join(block.text for block in draft.blocks)


def test_a_language_is_whole_or_not_there() -> None:
    """Its flows, how attributes are said, what all flows say alike, the frame's own words."""
    started = {path.split("/")[1] for path in LIBRARY.manifest() if path.startswith("fallbacks/")}
    assert started == set(LANGUAGES)
    for language in LANGUAGES:
        assert set(LIBRARY.fallback("vip", language).phrases), language
        assert LIBRARY.wording(language).language == language
        assert language in LIBRARY.layout().strings
        assert language in SHELVES


@language_of
def test_a_language_says_as_much_as_english_of_as_much(language: str) -> None:
    """As many lines with the same needs in every block, or e-mails of one language would be more alike."""
    for flow in LIBRARY.flows:
        english, own = (LIBRARY.fallback(flow.name, one).blocks for one in ("en", language))
        for block, lines in english.items():
            wanted = Counter((line.needs, line.steps) for line in lines)
            assert Counter((line.needs, line.steps) for line in own[block]) == wanted, (flow.name, block)
            texts = [line.text for line in own[block]]
            assert len(set(texts)) >= len({line.text for line in lines}), (flow.name, block)


@language_of
def test_every_block_of_every_flow_has_enough_ways_to_say_it(language: str) -> None:
    for flow in LIBRARY.flows:
        blocks = LIBRARY.fallback(flow.name, language).blocks
        assert min(len(blocks[name]) for name in ("subject", "opening", "pitch")) >= 4, flow.name
        plain = [line for line in blocks["pitch"] if not line.needs and not line.steps]
        assert len(plain) >= flow.picks.count, flow.name


@language_of
def test_every_templated_block_of_every_flow_passes_the_guard(language: str) -> None:
    held = []
    for flow in LIBRARY.flows:
        for snapshot in worlds(language, flow):
            drafts = [write(snapshot, seed, flow.steps[seed % len(flow.steps)].name, seed) for seed in SEEDS]
            # What several drafts of one world say alike is judged once.
            for block in dict.fromkeys(block for draft in drafts for block in draft.blocks):
                verdicts = fails_of_block(snapshot, block)
                held += [(flow.name, one.rule, one.found, block) for one in verdicts if one.holds_back]
    assert held == []


@language_of
@pytest.mark.anyio
async def test_every_flow_settles_on_a_templated_email_that_passes_as_a_whole(language: str) -> None:
    for flow in LIBRARY.flows:
        for snapshot in worlds(language, flow):
            task = make_task(snapshot, flow)
            state = await climb(
                task,
                draft_keys(snapshot),
                writers=(),
                templates=templates_of(snapshot, 3),
                deadline=Deadline(PATIENCE_S),
                watch=Stopwatch(),
            )
            assert not [verdict.rule for verdict in check_draft(snapshot, state.draft) if verdict.holds_back]


def texts(flow: Flow, fallback: Fallback, language: str) -> Iterator[str]:
    """Every text of every block, over snapshots, steps, angles and seeds."""
    for snapshot, step, seed in itertools.product(worlds(language, flow), flow.steps, range(40)):
        task = make_task(snapshot, flow, step=step.name, angle=flow.angles[seed % len(flow.angles)])
        templates = BlockTemplates(fallback, task, seed)
        for key, variant in itertools.product(draft_keys(snapshot), range(9)):
            yield templates.block(key, variant).text


@language_of
def test_every_line_is_reached(language: str) -> None:
    """A line that no snapshot can bring out is dead text."""
    for flow in LIBRARY.flows:
        fallback = LIBRARY.fallback(flow.name, language)
        dead = {line.text for lines in fallback.blocks.values() for line in lines if "{" not in line.text}
        for text in texts(flow, fallback, language):
            dead.discard(text)
            if not dead:
                break
        assert not dead, flow.name


def test_a_swiss_shop_gets_lines_without_a_sharp_s() -> None:
    snapshot = remembering("de", "abandoned_cart").model_copy(update={"locale": "de-CH"})
    said = "\n".join(block.text for seed in range(60) for block in write(snapshot, seed).blocks if block.name == "cta")
    assert "Bestellung abschliessen" in said
    assert "ß" not in said


AGREEING = {
    "fr": r"^(?:Gardé|Prêt|Tel que|Revenu|Parti|Déballé|Le même|Le suivant)\b|\bvôtre\b|\bpassés\b|Choisi pour vous\b",
    "es": r"^(?:Listo|Guardado|Desembalado|Otro para|El siguiente)\b|\bel suyo\b|es suyo|nuestro, esto",
}
"""Words that are right for products of one gender, or readers of one, alone."""


@pytest.mark.parametrize("language", AGREEING)
def test_no_line_takes_a_gender_for_known(language: str) -> None:
    blocks = [LIBRARY.fallback(flow.name, language).blocks for flow in LIBRARY.flows]
    texts_ = [line.text for block in blocks for lines in block.values() for line in lines]
    assert [text for text in texts_ if re.search(AGREEING[language], text)] == []


@language_of
def test_the_same_remark_is_not_made_twice_in_one_email(language: str) -> None:
    for flow in LIBRARY.flows:
        snapshot = remembering(language, flow.name, 6)
        lines = LIBRARY.fallback(flow.name, language).blocks["pitch"]
        remarks = [line.text.split("}} ")[-1] for line in lines]
        for seed in SEEDS:
            said = text_of(write(snapshot, seed))
            assert all(said.count(remark) <= 1 for remark in remarks if "{" not in remark)


@language_of
@pytest.mark.parametrize("flow", ["welcome", "abandoned_cart", "win_back", "newsletter"])
def test_customers_in_the_same_state_do_not_all_get_the_same_email(language: str, flow: FlowName) -> None:
    snapshot = remembering(language, flow)
    assert len({text_of(write(snapshot, seed)) for seed in range(20)}) >= 15


@language_of
def test_every_drawn_style_has_a_line_in_every_flow_that_shows_it_and_is_sound(language: str) -> None:
    """With a name, a price and a product at hand, as the draw asks for them."""
    missing = []
    for flow in LIBRARY.flows:
        snapshot = remembering(language, flow.name, 3)
        titles = [product.name for product in snapshot.products]
        drawn: list[tuple[str, str]] = [("subject", one) for one in flow.subjects] + [("cta", one) for one in flow.ctas]
        for (key, style), seed in itertools.product(drawn, range(3)):
            task = make_task(snapshot, flow, step=flow.steps[-1].name).model_copy(update={key: style})
            block = BlockTemplates(LIBRARY.fallback(flow.name, language), task, seed).block(key)
            read = {"subject": subject_style, "cta": cta_style}[key](block.text, titles)
            held = [verdict.rule for verdict in check_block(snapshot, block) if verdict.holds_back]
            if read != style or held:
                missing.append((flow.name, key, style, block.text, held))
    assert missing == []


@language_of
def test_the_fourth_variant_rests_on_nothing_from_outside(language: str) -> None:
    """The ladder tries four: whatever a feed holds, the last one is ours alone."""
    for flow in LIBRARY.flows:
        snapshot = remembering(language, flow.name, offer=language_offer(language))
        fallback, templates = LIBRARY.fallback(flow.name, language), templates_of(snapshot, 3)
        for key in draft_keys(snapshot):
            name = cast(BlockName, key.partition(":")[0])
            ours = {line.text for line in fallback.blocks[name] if not line.needs}
            last = templates.block(key, 3).text
            assert last in {text.replace("{{ brand.name }}", snapshot.brand.name) for text in ours}


@language_of
@pytest.mark.parametrize("flow", ["abandoned_cart", "replenishment"])
def test_a_pick_beside_the_cart_or_the_refill_is_not_said_to_be_one(language: str, flow: FlowName) -> None:
    claims = SAYS_OF_LEAD[flow][language]
    snapshot = remembering(language, flow, 4)
    bare = tuple(product.model_copy(update={"description": "", "attributes": {}}) for product in snapshot.products)
    snapshot = snapshot.model_copy(update={"products": bare})
    lead = f"pitch:{snapshot.products[0].id}"
    drafts = [write(snapshot, seed) for seed in range(40)]
    said = [(block.key == lead, block.text) for draft in drafts for block in draft.blocks if block.name == "pitch"]

    assert any(claim in text for led, text in said if led for claim in claims)
    assert not [text for led, text in said if not led and any(claim in text for claim in claims)]


@language_of
def test_browse_abandonment_never_says_that_we_noticed(language: str) -> None:
    lines = LIBRARY.fallback("browse_abandonment", language).blocks.values()
    assert not [
        line.text for block in lines for line in block if any(one in line.text.lower() for one in WATCHED[language])
    ]


@language_of
def test_win_back_never_says_that_the_customer_left(language: str) -> None:
    lines = LIBRARY.fallback("win_back", language).blocks.values()
    assert not [
        line.text for block in lines for line in block if any(one in line.text.lower() for one in LEFT[language])
    ]


@language_of
def test_no_word_stands_between_an_article_and_a_name(language: str) -> None:
    """Names, categories and attributes come in any gender and number: only English puts its one article before them."""
    articles = {
        "de": r"\b(?:der|die|das|den|dem|des|ein|eine|einen|einem|einer|Ihr|Ihre|Ihren|Ihrem|Ihrer)",
        "fr": r"\b(?:le|la|les|un|une|des|du|au|aux|de|votre|vos|ce|cette|ces)",
        "es": r"\b(?:el|la|los|las|un|una|unos|unas|del|al|su|sus|este|esta|estos|estas)",
    }.get(language)
    if articles is None:
        assert language == "en"
        return
    before = re.compile(rf"{articles} \{{\{{ (?:picks\[0\]\.short|pick\.category|memory\.(?!basket))", re.IGNORECASE)
    for flow in LIBRARY.flows:
        lines = LIBRARY.fallback(flow.name, language).blocks.values()
        assert not [line.text for block in lines for line in block if before.search(line.text)], flow.name


@pytest.mark.anyio
@pytest.mark.parametrize("locale", ["fi-FI", "it-IT"])
async def test_a_shop_without_templates_in_its_language_is_not_written_to_in_english(locale: str) -> None:
    snapshot = language_snapshot("en").model_copy(update={"locale": locale})
    task = make_task(snapshot, LIBRARY.flow("newsletter"))
    templates = templates_for(LIBRARY, task, 1)
    with pytest.raises(NoSafeText, match=f"{NAMES[locale]}; templates exist in de, en") as caught:
        await climb(
            task,
            draft_keys(snapshot),
            writers=(),
            templates=templates,
            deadline=Deadline(PATIENCE_S),
            watch=Stopwatch(),
        )
    assert caught.value.reason == "no_templates"


def test_a_region_is_written_to_in_its_language() -> None:
    snapshot = language_snapshot("de").model_copy(update={"locale": "de-AT"})
    templates = templates_for(LIBRARY, make_task(snapshot, LIBRARY.flow("newsletter")), 1)
    german = {line.text for line in LIBRARY.fallback("newsletter", "de").blocks["closing"] if not line.needs}
    assert templates.block("closing", 3).text in german
