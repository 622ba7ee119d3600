"""Who is spoken to: `name.wrong`, `recipient.mixed`, and what must never be said of them.

Personal data, inferences and observation: GDPR Art. 5 and 9, and plain manners.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from evals.checks.passing import is_passing
from evals.passage import TOKEN_NAME, Passage, overlaps
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.canonical import fold
from evals.text.dates import find_clock_times
from evals.text.keeping import kept_with
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.phrases import Hit
from evals.text.tokens import Token
from evals.world import World

_GREETINGS = (
    r"good\s(?:morning|evening|afternoon|day)|guten\s(?:morgen|tag|abend)|buen(?:os|as)\s(?:d[íi]as|tardes|noches)",
    r"hi|hello|hey|dear|morning|evening|hiya|howdy|greetings|hey\sthere|welcome|thanks|thank\syou|happy\sbirthday",
    r"sorry|congrats|congratulations|hallo|hej|moin|servus|liebe[rs]?|gr[üu](?:ß|ss)\s?dich|willkommen|danke",
    r"bonjour|bonsoir|salut|coucou|ch[eè]re?|bienvenue|merci",
    r"hola|querid[oa]|estimad[oa]|bienvenid[oa]|gracias",
)
_NAME = r"(?:(?:Mr|Ms|Mrs|Dr|Herr|Frau|M|Mme|Sr|Sra)\.?\s+)?[^\W\d_][\w'’-]*(?:\s[^\W\d_][\w'’-]*)?"
_GREETING = re.compile(
    rf"(?m)(?:^|(?<=[.!?,]\s)(?:(?:and|und|et|y)\s)?)\s*(?i:{'|'.join(_GREETINGS)})\s*,?\s+(?P<name>{_NAME})"
    r"(?=\s*[,!.:;?)\n–-]|\s*$|\s+(?:and|und|et|y)\s)"
    rf"(?:\s+(?:and|und|et|y|&)\s+(?:(?i:{'|'.join(_GREETINGS)})\s+)?(?P<second>[^\W\d_][\w'’-]*)(?=\s*[,!.:;?)\n]|\s*$))?"
)


_GOES_ON = re.compile(r",\s(?:and|or|und|oder|et|ou|y|o)\b", re.IGNORECASE)
_CALLED = re.compile(
    r"[,!:]\s(?:here|it's|it is|we|we've|we're|you|you're|you've|your|du|dein|deine|sie|ihre?|wir|hier|vous|votre|vos"
    r"|nous|voici|tu|tus|aquí|te)\b",
    re.IGNORECASE,
)
""" "June, your kettle is here": behind a word that is a name and more, the reader is spoken to."""
_SAINTS = (
    "saint",
    "sankt",
    "santa",
    "heilige",
    "kalte",
    "vater",
    "father",
    "old",
    "king",
    "queen",
    "konig",
    "frau ",
    "tia ",
)
_ONCE_MORE = frozenset("still always again up awake".split())
_ASKED = frozenset("looking browsing scrolling searching".split())
""" "Still looking at drills at 2 a.m.?": a question asks the reader."""
_WATCHED = "It tells them that they were watched."
_YOU_DID = frozenset(
    "you you've you'd hast habt haben warst waren avez aviez as etiez etais etes has habias estabas estuviste".split()
)
_WE = frozenset("we we've i our wir ich nous on nosotros hemos he".split())
_SECOND_PERSON_ES = ("aste", "iste")
_SHARED_FORMS = frozenset("looking browsing searching visite ouvert cherche recherche mis".split())
"""At the beginning of a sentence these are no participles of what a reader did."""
REACH = 12
"""Words between the pronoun and what was done."""


def first_names(world: World) -> frozenset[str]:
    """Folded ways to write the recipient's first name: whole, and each part of a double name."""
    return _parts_of_name(world.snapshot.person.first_name or "")


@lru_cache(maxsize=1024)
def _parts_of_name(name: str) -> frozenset[str]:
    folded = fold(name.replace("’", "'"))
    return frozenset({folded, *re.split(r"[\s'-]", folded)} - {""})


_GREETED = has(
    words=(
        "good guten buenos buenas hi hello hey dear morning evening hiya howdy greetings welcome thanks thank happy "
        "sorry congrats congratulations hallo hej moin servus liebe lieber liebes gruss grussdich willkommen danke "
        "bonjour bonsoir salut coucou cher chere bienvenue merci hola querido querida estimado estimada bienvenido "
        "bienvenida gracias"
    ).split()
)
"""The words that salutations begin with, folded: "Grüss dich" may be written as one, and with a u."""


@kept_with
def _greetings(passage: Passage) -> tuple[re.Match[str], ...]:
    """Salutations in reading order. Kept: two rules ask for them."""
    return tuple(_GREETING.finditer(passage.text)) if passage.shows(_GREETED) else ()


def _clean(name: str) -> str:
    return fold(name.replace("’", "'")).removesuffix("'s").strip()


@rule("name.wrong")
def wrong_name(passage: Passage, world: World) -> Iterable[Finding]:
    """A salutation with another name than the recipient's."""
    own = first_names(world)
    greetings = _greetings(passage)
    for match in greetings:
        name = match["name"]
        if _is_own(name, own, world) or not _looks_like_name(name, world) or _is_rather(passage, match):
            continue
        repaired = _with_token(passage, match.span("name"))
        yield Finding(match.span("name"), f"“{name}” is not the recipient's first name.", repaired=repaired)
    greeted = [match.span("name") for match in greetings]
    for token in vocatives(passage, world):
        if _clean(token.surface) not in own and not overlaps((token.start, token.end), greeted):
            yield Finding((token.start, token.end), f"“{token.surface}” is not the recipient's first name.")


def _is_rather(passage: Passage, greeting: re.Match[str]) -> bool:
    """ "Lieber Kaffee?" asks what one would rather have."""
    said = greeting.group().lstrip().lower().startswith("lieber ")
    listed = fold(greeting["name"]) in word_list("first_names") | word_list("given_names")
    return said and not listed and passage.text.startswith("?", greeting.end("name"))


def _is_own(name: str, own: frozenset[str], world: World) -> bool:
    cleaned = _clean(name)
    return cleaned in own or cleaned.split(" ")[0] in own or fold(name) in world.brand_words


def _looks_like_name(name: str, world: World) -> bool:
    words = name.split()
    folded = [fold(word) for word in words]
    if set(folded) & word_list("customer_words"):
        return True
    if folded[0] in word_list("not_names") or folded[0] in world.brand_words or folded[0] in world.declared_words:
        return False
    if is_passing(folded[0]) and folded[0] not in word_list("first_names"):
        return False  # "hallo Frühling"
    if folded[0].rstrip(".") in ("mr", "ms", "mrs", "dr", "herr", "frau", "m", "mme", "sr", "sra"):
        return True
    return words[0][0].isupper() and (folded[0] in word_list("first_names") or folded[0] not in world.fact_words)


def _with_token(passage: Passage, span: tuple[int, int]) -> str:
    start, end = passage.source_span(*span)
    return passage.source[:start] + TOKEN_NAME + passage.source[end:]


def vocatives(passage: Passage, world: World) -> list[Token]:
    """First names set off by commas, as when someone is spoken to."""
    names, given = word_list("first_names"), word_list("given_names")
    found: list[Token] = []
    if passage.words.isdisjoint(names) and passage.words.isdisjoint(given):
        return found
    for token in passage.tokens:
        known = token.word in names or token.word in given
        if not known or not token.surface[0].isupper() or not _is_set_off(passage, token):
            continue
        if (
            _is_someone_else(token, world, passage)
            or _is_in_list(passage, token)
            or (world.language == "de" and token.word in word_list("function_words_de"))
        ):
            continue  # "Darin:" is no Darin
        found.append(token)
    return found


def _is_set_off(passage: Passage, token: Token) -> bool:
    """Commas, or a comma and an end of the sentence, stand around a word."""
    before, after = passage.text[: token.start].rstrip(" "), passage.text[token.end :].lstrip(" ")
    opens = not before or before[-1] in ",.!?\n"
    if _GOES_ON.match(after):
        return False  # "April, and the garden wakes": no one is called so
    if token.word in word_list("ambiguous_names") and not before.endswith(",") and not _CALLED.match(after):
        return False
    return opens and (not after or after[0] in ",.!?:;") and (before[-1:] == "," or after[:1] in (",", "!", ":"))


def _is_in_list(passage: Passage, token: Token) -> bool:
    """ "Kenya, Lima, Peru": names of one kind in a row speak to nobody."""
    at = passage.tokens.index(token)
    before = passage.tokens[at - 1] if at else None
    opens = before is None or before.sentence != token.sentence
    if opens or before is None or not before.surface[0].isupper():
        return False
    first = at < 2 or passage.tokens[at - 2].sentence != before.sentence
    return not first and "," in passage.text[before.end : token.start]


def _is_someone_else(token: Token, world: World, passage: Passage) -> bool:
    """Pets, reviewers, places and products may have first names too."""
    named = any(mention.start <= token.start < mention.end for mention in passage.mentions)
    return (
        named or token.word in world.fact_words or token.word in world.declared_words or token.word in world.reviewers
    )


@rule("recipient.mixed")
def mixed(passage: Passage, world: World) -> Iterable[Finding]:
    """A second greeting, or first names of other people anywhere in the text."""
    own, names = first_names(world), word_list("first_names")
    greeted = _greetings(passage)
    if not greeted and passage.words.isdisjoint(names):
        return
    strangers = {_clean(match["name"]) for match in greeted if _clean(match["name"]).split(" ")[0] in names} - own
    if len(greeted) > 1 and strangers:
        yield Finding(greeted[-1].span("name"), "It greets more than one person.")
    for match in greeted:
        second = match["second"]
        if second and second[0].isupper() and _looks_like_name(second, world) and _are_called(match, own, world):
            yield Finding(match.span("second"), "It greets more than one person.")
    spans = [match.span("name") for match in greeted]
    for token in [token for token in passage.tokens if token.word in names]:
        if _is_stranger(token, passage, world, own) and not overlaps((token.start, token.end), spans):
            yield Finding((token.start, token.end), f"“{token.surface}” is somebody else.")


_OURS_BEFORE = re.compile(r"\b(?:our|unsere?[rnms]?|notre|nos|nuestr[oa]s?)\s(?:[a-zà-ÿ]+\s){0,2}$")
_OURS_BEHIND = re.compile(r",?\s(?:our|(?:von|aus) unsere?[rnm]?|unsere?r?|notre|nos|nuestr[oa])\s", re.IGNORECASE)
_ANY = re.compile(r"\b(?:an?|eine?[rnm]?|une?|una)\s(?:[a-zà-ÿ-]+\s){1,4}$", re.IGNORECASE)


def _are_called(match: re.Match[str], own: frozenset[str], world: World) -> bool:
    """False of "willkommen zwischen Stoffballen und Stecknadeln": German nouns have capitals, so that the first or the
    second must be a name for sure."""
    name, second = match["name"], fold(match["second"])
    if not name[0].isupper():
        return False
    listed = second in word_list("first_names") or second in word_list("given_names")
    return world.language != "de" or listed or _is_own(name, own, world) or fold(name) in word_list("given_names")


def _is_stranger(token: Token, passage: Passage, world: World, own: frozenset[str]) -> bool:
    """A name that is no other word, of somebody who is neither the recipient nor in the facts."""
    is_name = token.word in word_list("first_names") and token.word not in word_list("ambiguous_names")
    at = passage.tokens.index(token)
    if at and passage.tokens[at - 1].word.startswith(_SAINTS):
        return False  # "Sankt Martin", "Kalte Sophie": days and figures, nobody who reads
    if _OURS_BEFORE.search(passage.text, 0, token.start) or _OURS_BEHIND.match(passage.text, token.end):
        return False  # "Dave, our mechanic", "our Dave": one of the shop
    if _ANY.search(passage.text, 0, token.start):
        return False  # "a very expensive lazy Susan": a thing that is called so
    named = is_name and token.surface[0].isupper() and token.word not in own
    return named and not _is_someone_else(token, world, passage)


@rule("sensitive.inference", when=has(families=("sensitive.topic",)))
def sensitive(passage: Passage, world: World) -> Iterable[Finding]:
    """Health, family, faith, money, age: only what they declared themselves may be taken up."""
    for hit in passage.hits("sensitive.topic"):
        words = {token.word for token in passage.tokens_in(hit.start, hit.end)}
        if words & world.declared_words - {"your", "you", "skin", "haut", "peau", "piel"} or passage.is_negated(
            hit.start, hit.end
        ):
            continue
        if _is_of_pick(passage, world, words) or (words & _ACCOUNTS and _holds_points(passage, hit)):
            continue
        yield Finding((hit.start, hit.end), "It presumes something private that they never told us.")


_ACCOUNTS = frozenset("account konto compte cuenta".split())
_POINTS = ("point", "punkt", "treuepunkt", "bonuspunkt", "punto")


def _holds_points(passage: Passage, hit: Hit) -> bool:
    """ "Auf deinem Konto warten 150 Treuepunkte": the account they have with the shop."""
    part = passage.sentence_at(hit.start)
    return any(token.word.startswith(_POINTS) for token in passage.tokens_in(part.start, part.end))


_TOPICS = frozenset(
    "divorce divorces miscarriage infertility bereavement widowhood rehab alcoholism bankruptcy separation".split()
)


def _is_of_pick(passage: Passage, world: World, words: set[str]) -> bool:
    """A book about a divorce may be called one; what they bought before may not be drawn upon."""
    topics = words & _TOPICS
    return bool(topics) and all(any(stem(word) in pick.soft_stems for pick in world.picks) for word in topics)


@rule("creepy.surveillance", when=has(families=("creepy.surveillance", "watch.did", "watch.look")))
def surveillance(passage: Passage, world: World) -> Iterable[Finding]:
    """Telling people how they were watched: what they opened, how often, when, where, on which device."""
    looks = [hit for hit in passage.hits("watch.look") if not _is_plain_look(passage, world, hit)]
    for hit in (*passage.hits("creepy.surveillance"), *looks):
        if not passage.ends_in_name(hit):  # "we saw the You're Confusing Me Metal Sign"
            yield Finding((hit.start, hit.end), _WATCHED)
    yield from _observed(passage)


def _is_plain_look(passage: Passage, world: World, look: Hit) -> bool:
    """ "You were looking at the Larch Sleeping Bag", which they were: that it is known, not how often, when or on what.
    Two products in a row are a trail."""
    part = passage.sentence_at(look.start)
    seen = [one for one in passage.mentions if part.start <= one.start < part.end]
    things = {one.things for one in seen if one.strength} or {one.things for one in seen}
    roles = {kind for some in things for number in some for kind in world.names.things[number].kinds}
    if len(things) != 1 or roles.isdisjoint(("browsed", "cart")):
        return False
    telling = [hit.start for hit in passage.hits("watch.device", "watch.hour", "watch.times", "time.past")]
    telling += [item.start for item in passage.quantities if item.what == "time"]
    telling += [ref.start for ref in passage.dates]
    telling += [start for start, _ in find_clock_times(passage.text)] if passage.has_digits else []
    return not any(part.start <= at < part.end for at in telling)


def _observed(passage: Passage) -> Iterable[Finding]:
    """ "Added on your phone at lunch": what they did, and in the same sentence its hour, their device, or how often."""
    for did in passage.hits("watch.did"):
        part = passage.sentence_at(did.start)
        if not _is_readers(passage, did, part.start) or passage.is_negated(did.start, did.end):
            continue
        telling = [hit.start for hit in passage.hits("watch.device", "watch.hour", "watch.times")]
        telling += [start for start, _ in find_clock_times(passage.text)] if passage.has_digits else []
        if any(part.start <= at < part.end and not did.start <= at < did.end for at in telling):
            yield Finding((did.start, did.end), _WATCHED)
            return


def _is_readers(passage: Passage, did: Hit, start: int) -> bool:
    """The reader did it: an auxiliary or pronoun of the second person before it, or it opens the sentence."""
    before = [token.word for token in passage.tokens_in(start, did.start) if token.word not in _ONCE_MORE]
    if not before and passage.text.rstrip(' "').endswith("?") and passage.tokens[did.first].word in _ASKED:
        return True
    if not before or passage.tokens[did.first].word.endswith(_SECOND_PERSON_ES):
        return passage.tokens[did.first].word not in _SHARED_FORMS
    said = (*before[-REACH:], *(token.word for token in passage.tokens[did.first : did.last]))
    return _WE.isdisjoint(before[-REACH:]) and not _YOU_DID.isdisjoint(said)
