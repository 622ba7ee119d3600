"""`product.not_in_picks` and `product.out_of_stock`: only what is shown may be sold, and only what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evals.checks.unknown_things import unknown_single_names
from evals.passage import Passage, overlaps
from evals.rules import Finding, rule
from evals.text.dates import MONTHS, WEEKDAYS
from evals.text.keeping import kept_with
from evals.text.lexicon import word_list
from evals.text.names import Mention, name_words, stem
from evals.text.phrases import Hit
from evals.text.quantities import Kind
from evals.text.tokens import Token
from evals.world import World

_FIGURES = frozenset(
    "father mother uncle aunt saint st santa king queen prince princess lord lady mount sankt vater".split()
)
_SIZES = frozenset(
    ("xl", "xxl", "xs", "pro", "max", "mini", "plus", "lite", "ultra", "deluxe", "ii", "iii", "iv", "go", "air")
)
_NUMBERED = frozenset(
    "nummer nr platz seite kapitel teil band stufe grosse tag runde woche punkt regel zimmer tisch hausnummer jahrgang "
    "schritt lektion folge tipp grund".split()
)
_PORTIONS = frozenset(
    "tasse glas flasche sack tute packung dose kanne becher stuck paar scheibe handvoll prise loffel portion woche "
    "stunde minute tag monat jahr stadt insel region kilo liter gramm pfund meter familie frau herr art sorte schale "
    "teller topf runde kiste bund strauss menge thema stichwort wort ende anfang mitte farbe filiale team kunde "
    "kundin autor autorin".split()
)
"""German nouns that another one follows, and no name: "eine Tasse Tee", "das Thema Licht"."""
_OURS = frozenset("unser unsere unseren unserem unserer notre nos nuestro nuestra nuestros nuestras".split())
_THE = frozenset("der die das den dem".split())
_OFFERING = ("passt", "passen", "empfehl", "empfiehl", "gehort", "gehoren", "kombinier", "erganz", "probier", "dazu")
_JOINING = frozenset("de du des d a au aux la del al y et en".split())
_NO_GOODS = frozenset("fete jour journee semaine dia fiesta maison casa boutique tienda equipe equipo club".split())
"""German nouns that a number follows."""
_TWO_CAPITALS = re.compile(r"[^\W\d_a-zß-ÿ][^\W_]*(?:'\w+)?(?:[ -]| & )[^\W_a-zß-ÿ]")
"""Without it no run of capitalised words has two."""
_NAMES_AND_THINGS = frozenset(
    "jasmine lily violet olive ginger basil sage hazel ivy pearl amber jade crystal summer autumn heather sky star "
    "stone forest clay sterling".split()
)
OWN_KINDS = frozenset(("pick", "order", "cart", "browsed"))


@rule("product.not_in_picks")
def not_in_picks(passage: Passage, world: World) -> Iterable[Finding]:
    """A product of the shop that is not shown, a made-up one, or another kind of thing than the pick."""
    for mention in passage.mentions:
        if mention.strength < 2 or not _own_things(world).isdisjoint(mention.things):
            continue
        title = world.names.things[next(iter(mention.things))].title
        if _is_named(passage, mention, title):
            yield Finding((mention.start, mention.end), f"{title} is not among the picks.", source=_picks(world))
    for start, end in unknown_names(passage, world):
        found = passage.text[start:end]
        yield Finding((start, end), f"“{found}” looks like a product the e-mail does not show.", source=_picks(world))
    for start, end in _ours_with_joints(passage, world) if world.language in ("fr", "es") else ():
        found = passage.text[start:end]
        yield Finding((start, end), f"“{found}” looks like a product the e-mail does not show.", source=_picks(world))
    yield from unknown_single_names(passage, world)
    yield from _other_kind(passage, world)


@kept_with
def _own_things(world: World) -> frozenset[int]:
    """Numbers of the things that the reader is shown, has, or has looked at."""
    return frozenset(number for number, thing in enumerate(world.names.things) if thing.kinds & OWN_KINDS)


def _is_named(passage: Passage, mention: Mention, title: str) -> bool:
    """The whole title, or a part of it in capitals: "fountain pen" alone does not name the Brass Fountain Pen."""
    surfaces = [token.surface for token in passage.tokens[mention.first : mention.last]]
    whole = mention.last - mention.first >= len(name_words(title, passage.world.language))
    return whole or all(surface[0].isupper() or surface[0].isdigit() for surface in surfaces)


def unknown_names(passage: Passage, world: World) -> Iterable[tuple[int, int]]:
    """Runs of capitalised words that name nothing we know."""
    if not _TWO_CAPITALS.search(passage.text) or _is_title_case(passage):
        return
    masked = [*passage.masked, *((item.start, item.end) for item in passage.quantities if item.kind is not Kind.PLAIN)]
    for run in _capital_runs(passage):
        if not run or overlaps((run[0].start, run[-1].end), masked):
            continue
        unknown = [token for token in run if not _is_known(token, world)]
        lent = [token for token in run if _is_lent(token, world)]
        named = len(unknown) >= 2 or (unknown and len(lent) == 1 and lent[0] not in unknown)
        if named and not _is_institution(run) and _is_product_like(passage, world, run):
            yield run[0].start, run[-1].end


def _is_institution(run: Sequence[Token]) -> bool:
    """ "The Met Office", "Father Christmas", "the Boston Marathon": names of the world that nobody sells."""
    called = len({token.word for token in run}) == 1  # "Ho Ho Ho"
    return called or run[-1].word in word_list("institutions") or run[0].word in _FIGURES


def _is_title_case(passage: Passage) -> bool:
    """True when capitals mean nothing because nearly every word of a heading has one."""
    words = [token for token in passage.tokens if len(token.surface) > 3 and token.surface.isalpha()]
    capital = sum(token.surface[0].isupper() for token in words)
    heading = passage.name in ("subject", "preheader", "cta")
    if passage.world.language in ("fr", "es") and not heading:
        return False  # running text has no title case there: "Combínalo con la Manta Brezo"
    return passage.world.language != "de" and len(words) >= 3 and capital > len(words) * (0.7 if heading else 0.9)


def _capital_runs(passage: Passage) -> list[list[Token]]:
    """Capitalised words (sizes and numbers among them) that follow each other with only a space or hyphen between."""
    runs: list[list[Token]] = []
    run: list[Token] = []
    for token in passage.tokens:
        initial = token.surface[0]
        is_capital = initial.isupper()
        if run and (is_capital or initial.isdigit()) and passage.text[run[-1].end : token.start] in (" ", "-", " & "):
            run.append(token)
        elif run or is_capital:
            runs.append(run)
            run = [token] if is_capital else []
    runs.append(run)
    if passage.world.language == "de":
        runs = [part for run in runs for part in _without_counts(run)]
    return [_without_opening(passage, run) for run in runs if len(run) >= 2]


def _without_counts(run: list[Token]) -> list[list[Token]]:
    """German runs, cut before a number that counts the noun behind it ("im Schnitt 4,7 Sterne", "200 Bewertungen"),
    and without what is only numbered ("Nummer 213")."""
    parts: list[list[Token]] = [[]]
    for at, token in enumerate(run):
        counts = token.surface[0].isdigit() and at + 1 < len(run) and run[at + 1].surface.isalpha()
        if counts and run[at + 1].word not in _SIZES:
            parts.append([])
        elif not (parts[-1] and token.surface[0].isdigit() and _is_numbered(parts[-1][-1], token)):
            parts[-1].append(token)
    return parts


def _is_numbered(noun: Token, number: Token) -> bool:
    """ "Nummer 213", "im Schnitt 4,7": no model has a comma in its number."""
    return noun.word in _NUMBERED or "," in number.surface


def _without_opening(passage: Passage, run: list[Token]) -> list[Token]:
    """The run without the word a sentence begins with, which has its capital from there."""
    opening = run[0].start == passage.sentence_at(run[0].start).start or passage.text[: run[0].start].rstrip(' "')[
        -1:
    ] in ("", ".", "!", "?", ":", "\n")
    return run[1:] if opening and len(run) > 2 else ([] if opening else run)


def _is_known(token: Token, world: World) -> bool:
    return (
        stem(token.word) in world.known_words
        or token.word in MONTHS
        or token.word in WEEKDAYS
        or token.word in word_list("first_names")
        or token.word in word_list("proper_nouns")
        or token.word in world.reviewers
        or token.word in word_list("function_words_en")
        or (world.language == "de" and token.word in word_list("function_words_de"))  # "Sie", "Ihren"
    )


def _is_lent(token: Token, world: World) -> bool:
    """A word that only the shop's name has, or that is a name and a thing: it makes nothing known of what stands
    beside it ("Winter Harbour" at Harbour Lane Books, "Jasmine Pearls")."""
    if token.word in _NAMES_AND_THINGS:
        return stem(token.word) not in world.known_words
    return token.word in world.brand_words and token.word not in world.offered_words


def _is_product_like(passage: Passage, world: World, run: Sequence[Token]) -> bool:
    """German writes every noun with a capital: there only numbers, sizes and long runs count."""
    if world.language != "de":
        return len(run) >= 2
    numbered = any(token.word in _SIZES or any(map(str.isdigit, token.word)) for token in run)
    return len(run) >= 3 or numbered or _is_offered(passage, run)


def _is_offered(passage: Passage, run: Sequence[Token]) -> bool:
    """ "Unsere Leselampe Lumi", "dazu passt der Wetzstahl Kante": a noun and its name, that the shop offers."""
    before = [token.word for token in passage.tokens if token.end <= run[0].start][-2:]
    if run[0].word in _PORTIONS or not before:
        return False
    part = passage.sentence_at(run[0].start)
    offering = any(token.word.startswith(_OFFERING) for token in passage.tokens_in(part.start, part.end))
    return not _OURS.isdisjoint(before) or (before[-1] in _THE and offering)


def _ours_with_joints(passage: Passage, world: World) -> Iterable[tuple[int, int]]:
    """ "Notre Brume de Bleuet", "nuestra Crema del Alba": two unknown names of ours with a small word between."""
    tokens = passage.tokens
    for at, token in enumerate(tokens if not _OURS.isdisjoint(passage.words) else ()):
        noun = tokens[at + 1 : at + 2]
        if token.word not in _OURS or not noun or not _is_new(noun[0], world) or noun[0].word in _NO_GOODS:
            continue
        behind = [other for other in tokens[at + 2 : at + 5] if other.word not in _JOINING][:1]
        joined = behind and behind[0] not in tokens[at + 2 : at + 3] and _is_new(behind[0], world)
        if joined and passage.text[noun[0].end : behind[0].start].replace("'", "").replace(" ", "").isalpha():
            yield noun[0].start, behind[0].end


def _is_new(token: Token, world: World) -> bool:
    return token.surface[0].isupper() and not _is_known(token, world)


def _other_kind(passage: Passage, world: World) -> Iterable[Finding]:
    """ "these mugs" in the pitch of a kettle."""
    said = [family for family in passage.families if family.startswith("type:")]
    if not said:
        return
    picks = [passage.pick] if passage.pick else list(world.picks)
    shown = frozenset[str]().union(*(pick.types for pick in picks))
    if not shown or not all(pick.types for pick in picks):
        return
    owned = world.ordered_types | frozenset[str]().union(
        *(_types_of(title, world) for title in world.snapshot.person.cart)
    )
    for hit in passage.hits(*said):
        if hit.family in shown | owned or not _is_pointed_at(passage, hit):
            continue
        families = {other.family for other in passage.hits(*world.product_types) if other.start == hit.start}
        if not families & (shown | owned):
            found = passage.text[hit.start : hit.end]
            yield Finding((hit.start, hit.end), f"The e-mail shows no {found}.", source=_picks(world))


def _types_of(title: str, world: World) -> frozenset[str]:
    thing = next((pick for pick in world.picks if pick.facts.name == title), None)
    return thing.types if thing else frozenset()


def _is_pointed_at(passage: Passage, hit: Hit) -> bool:
    """ "this mug", "our mugs", "a pair of mugs", "is a mug": the text says that the pick is one."""
    before = [token.word for token in passage.tokens[max(0, hit.first - 4) : hit.first]]
    near = before[-2:]
    pointing = {
        "this",
        "these",
        "our",
        "diese",
        "dieser",
        "dieses",
        "unser",
        "unsere",
        "ce",
        "cette",
        "ces",
        "notre",
        "nos",
        "este",
        "esta",
        "estos",
        "estas",
        "nuestro",
        "nuestra",
        "nuestros",
    }
    # "From one pair of boots to another": in a greeting or a farewell they may be anybody's.
    counted = before[-2:] in (["pair", "of"], ["set", "of"]) and passage.name not in ("opening", "closing")
    return bool(pointing & set(near)) or counted


def _picks(world: World) -> str:
    return "shown: " + ", ".join(pick.facts.name for pick in world.picks[:4]) if world.picks else "no picks"


@kept_with
def _is_any_sold_out(world: World) -> bool:
    return not all(pick.facts.in_stock for pick in world.picks)


@rule("product.out_of_stock")
def out_of_stock(passage: Passage, world: World) -> Iterable[Finding]:
    """A pick that is sold out, without saying so in the same sentence."""
    if not _is_any_sold_out(world):
        return
    for mention, pick in passage.picks_named_in(0, len(passage.text)):
        sentence = passage.sentence_at(mention.start)
        said = any(sentence.start <= hit.start < sentence.end for hit in passage.hits("stock.sold_out"))
        if not pick.facts.in_stock and not said:
            yield Finding((mention.start, mention.end), f"{pick.facts.name} is sold out.", source="not in stock")
    if passage.pick and not passage.pick.facts.in_stock and not passage.mentions and not passage.hits("stock.sold_out"):
        yield Finding((0, len(passage.text)), f"{passage.pick.facts.name} is sold out.", source="not in stock")
