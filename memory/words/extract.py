"""From what somebody wrote to statements, by rules alone: a few sure ways to say a thing, in four languages.

Each rule wants its whole pattern inside one clause and nothing in the sentence that puts it in doubt
(`memory.words.vetoes`), so it finds some of what was said and is seldom wrong about it. A statement's value is always
a word of ours or of the shop's own product, never the customer's: whatever they type, no text of theirs gets further
than the span that shows where it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from memory.events import Event
from memory.words import asides, lexicon, phrases
from memory.words.answers import read_answer
from memory.words.asides import Raw
from memory.words.lexicon import Term
from memory.words.model import MAX_SPAN, MAX_STATEMENTS, Found, Span, StatementKind
from memory.words.reading import Sentence, Word, sentences_in
from memory.words.sources import OWN_EVENTS, rating_of, terms_of, texts_of
from memory.words.vetoes import is_foreign, is_modal, unfit

LOW_RATING = 2
"""Of five. "Love it, broke on day one": such a review's likings are irony, or over."""
Terms = Mapping[str, Term]
Clause = Sequence[Word]

PREFER = frozenset("prefer bevorzuge prefere prefiero".split())
HATE = frozenset("hate hated dislike disliked detest hasse deteste odio detesto".split())
NO_SUBJECT = frozenset("love loved adore adored adoro odio detesto prefiero".split())
"""May begin a clause: "Love the linen", and Spanish verbs that hold their subject."""
SPANISH_LIKE = frozenset("encanta encantan encanto encantaron gusta gustan gusto gustaron".split())
FRENCH_PLEASE = frozenset("plait plaisent".split())
GERMAN_PLEASE = frozenset("gefallt gefallen gefiel schmeckt".split())
_TURNED = {("too", "a"), ("too", "an"), ("too", "to")}
""" "Too small a price", "too long to boil"."""
_FRENCH_NE = frozenset(("n", "ne"))


def read_event(event: Event) -> list[Found]:
    """The statements in an event of `OWN_EVENTS`, at most `MAX_STATEMENTS`. A pure function of the event."""
    source, terms, rating = OWN_EVENTS[event.name], terms_of(event), rating_of(event)
    found: list[Found] = []
    for text in texts_of(event):
        found += read_text(text.text, text.field, terms, rating=rating) or read_answer(text, source)
        if len(found) >= MAX_STATEMENTS:
            break
    return found[:MAX_STATEMENTS]


def read_text(text: str, field: str, terms: Terms, *, rating: float | None = None) -> list[Found]:
    """The statements in one text, in order, at most `MAX_STATEMENTS`, each (kind, value) once.

    `terms`: words of the products it is about, beside the known qualities. `rating` is of five.
    """
    if unfit(text) is not None:
        return []
    known = {**lexicon.QUALITIES, **terms}
    found: dict[tuple[str, str], Found] = {}
    for sentence in sentences_in(text):
        for kind, value, first, last in _statements(sentence, known):
            start, end = first.start, last.end
            if not _is_ironic(kind, rating) and end - start <= MAX_SPAN:
                found.setdefault((kind, value), Found(kind, value, Span(field, start, end, text[start:end])))
    return _undisputed(found)[:MAX_STATEMENTS]


_Rule = Callable[[Clause, Terms], Iterator[Raw]]


def _statements(sentence: Sentence, known: Terms) -> Iterator[Raw]:
    if is_modal(sentence):
        return
    yield from phrases.find(sentence)
    if not is_foreign(sentence):
        clauses = [_joined(clause) for clause in sentence.clauses]
        yield from chain.from_iterable(rule(clause, known) for clause in clauses for rule in RULES)
        yield from asides.appositions(clauses)
        yield from asides.habits(clauses, known)


def _joined(clause: Clause) -> Clause:
    """With what is one thing as one word: "green tea"."""
    found = lexicon.joined([word.form for word in clause])
    if len(found) == len(clause):
        return clause
    return [Word(form, clause[first].start, clause[end - 1].end) for form, first, end in found]


def _is_ironic(kind: StatementKind, rating: float | None) -> bool:
    return kind in ("likes", "prefers") and rating is not None and rating <= LOW_RATING


def _undisputed(found: Mapping[tuple[str, str], Found]) -> list[Found]:
    """Without what the same text says both ways."""
    liked = {value for kind, value in found if kind in ("likes", "prefers")}
    unliked = {value for kind, value in found if kind in ("dislikes", "too_much")}
    fits = {value for kind, value in found if kind == "fit"}
    return [
        one
        for (kind, value), one in found.items()
        if not (value in liked & unliked or (kind == "fit" and len(fits) > 1))
    ]


def _denials(clause: Clause) -> list[int]:
    return [at for at, word in enumerate(clause) if word.form in lexicon.NEGATORS]


def _qualified(clause: Clause) -> bool:
    """ "Not only", "almost"."""
    return any(word.form in lexicon.ONLY for word in clause)


def _objects(clause: Clause, at: int, known: Terms, *, whole: bool) -> Iterator[tuple[Word, Term]]:
    """The terms that stand from `at` on as what a verb is about, until anything unknown is said.

    A verb that turns the sense may follow: who likes the kettle to be quiet speaks of noise.
    `whole`: a quality before a noun belongs to it. Who loves brown leather likes leather; who hates it may not hate it.
    """
    if whole and any(word.form in lexicon.SMELLS for word in clause):
        return
    while at < len(clause):
        form = clause[at].form
        term = lexicon.lookup(form, known)
        if term is None:
            if form not in lexicon.GAP and form not in lexicon.ASPECTS and form not in lexicon.JOINERS:
                return
        elif _is_modifier(clause, at):
            if whole or not term.modifies or lexicon.lookup(clause[at + 1].form, known) is None:
                return
        else:
            if _is_turned(clause, at, known):
                return
            yield clause[at], term
            if not _goes_on(clause, at):
                return
        at += 1


def _is_turned(clause: Clause, at: int, known: Terms) -> bool:
    """ "The kettle to be quiet", "linen as much as"; but "cotton to wool" is no turn."""
    if at + 2 >= len(clause) or clause[at + 1].form not in ("to", "as"):
        return False
    return lexicon.lookup(clause[at + 2].form, known) is None


def _goes_on(clause: Clause, at: int) -> bool:
    """Whether more of the same may follow: "dark and fruity roasts"."""
    behind = clause[at + 1].form if at + 1 < len(clause) else ""
    return behind in lexicon.JOINERS or behind in lexicon.ASPECTS


def _is_modifier(clause: Clause, at: int) -> bool:
    """Whether the word only tells which kind of the next one it is: "linen" in "linen shirts"."""
    if at + 1 >= len(clause):
        return False
    behind = clause[at + 1].form
    return not (behind in lexicon.ASPECTS or behind in lexicon.FUNCTION_WORDS or behind in lexicon.NEGATORS)


def _liking(clause: Clause, known: Terms) -> Iterator[Raw]:
    """ "I love the linen", "Ich mag kein Leder", "je n'aime pas la laine"."""
    sayer = False
    for at, word in enumerate(clause):
        kind = _verb_kind(word.form)
        first = _subject(clause, at, sayer=sayer) if kind else None
        if kind is None or first is None or _qualified(clause):
            continue
        sayer = True
        meant = _meant(kind, clause, first, at)
        if meant is not None:
            denied_last = meant != kind and clause[-1].form in lexicon.NEGATORS
            for end, term in _liked(clause, _behind_denial(clause, at), known, whole=meant == "dislikes"):
                yield meant, term.value, clause[first], clause[-1] if denied_last else end


def _liked(clause: Clause, at: int, known: Terms, *, whole: bool) -> Iterator[tuple[Word, Term]]:
    """What a verb is about; of "my coffee strong" the quality as well. `whole`: see `_objects`."""
    if at + 2 < len(clause) and clause[at].form in lexicon.POSSESSIVES and not _goes_past(clause, at + 3):
        how = lexicon.lookup(clause[at + 2].form, lexicon.EXCESSIVE)
        if how is not None:
            what = lexicon.lookup(clause[at + 1].form, known)
            if what is not None:
                yield clause[at + 1], what
            yield clause[at + 2], how
            return
    yield from _objects(clause, at, known, whole=whole)


def _goes_past(clause: Clause, at: int) -> bool:
    return at < len(clause) and clause[at].form not in lexicon.JOINERS


def _verb_kind(form: str) -> StatementKind | None:
    if form in lexicon.LIKE:
        return "likes"
    if form in PREFER:
        return "prefers"
    return "dislikes" if form in HATE else None


def _subject(clause: Clause, verb: int, *, sayer: bool) -> int | None:
    """Where the sayer stands: before the verb, with nothing but emphasis and denial between.

    `sayer`: whether they said before in this clause what they like: "I love wool and hate velvet".
    """
    at = verb - 1
    while at >= 0 and _is_filler(clause[at].form):
        at -= 1
    if at >= 0 and clause[at].form in lexicon.SUBJECTS:
        return at
    if sayer and at >= 0 and clause[at].form in lexicon.JOINERS:
        return at + 1
    return at + 1 if at < 0 and clause[verb].form in NO_SUBJECT else None


def _is_filler(form: str) -> bool:
    return form in lexicon.INTENSIFIERS or form in lexicon.NEGATORS or form in _FRENCH_NE or form == "do"


def _meant(kind: StatementKind, clause: Clause, first: int, verb: int) -> StatementKind | None:
    """The kind with its denial taken into account; None when there is no telling."""
    denied = _denials(clause)
    if not denied:
        return kind
    # "Ich mag das Leinen nicht": German denies at the end.
    beside = len(denied) == 1 and (first <= denied[0] <= verb + 2 or clause[-1].form == "nicht")
    return "dislikes" if beside and kind == "likes" else None


def _behind_denial(clause: Clause, verb: int) -> int:
    """The first word that the verb may be about."""
    at = verb + 1
    while at < len(clause) and _is_filler(clause[at].form):
        at += 1
    return at


def _spanish(clause: Clause, known: Terms) -> Iterator[Raw]:
    """ "Me encanta el sabor dulce", "no me gusta la lana"."""
    for at in range(1, len(clause)):
        if clause[at].form not in SPANISH_LIKE or clause[at - 1].form not in ("me", "nos") or _qualified(clause):
            continue
        denied = _denials(clause)
        first = at - 2 if denied == [at - 2] else at - 1
        if denied not in ([], [at - 2]):
            return
        for end, term in _objects(clause, _behind_denial(clause, at), known, whole=bool(denied)):
            yield ("dislikes" if denied else "likes"), term.value, clause[first], end


def _pleasing(clause: Clause, known: Terms) -> Iterator[Raw]:
    """ "Das Leinen gefällt mir", "la laine ne me plaît pas": what pleases comes first."""
    for at, word in enumerate(clause):
        german = word.form in GERMAN_PLEASE and at + 1 < len(clause) and clause[at + 1].form == "mir"
        french = word.form in FRENCH_PLEASE and at > 0 and clause[at - 1].form == "me"
        if not (german or french) or _qualified(clause):
            continue
        before = at if german else at - 1 - (at > 1 and clause[at - 2].form in _FRENCH_NE)
        subject = _lone_subject(clause, before, known)
        denied = _denials(clause)
        if subject is not None and len(denied) <= 1 and all(place > at for place in denied):
            last = clause[denied[0]] if denied else clause[at + german]
            yield ("dislikes" if denied else "likes"), subject[1].value, subject[0], last


def _lone_subject(clause: Clause, end: int, known: Terms) -> tuple[Word, Term] | None:
    """The term, if it and what adds nothing to it is all that stands before `end`."""
    terms: list[tuple[Word, Term]] = []
    for word in clause[:end]:
        term = lexicon.lookup(word.form, known)
        if term is not None:
            terms.append((word, term))
        elif word.form not in lexicon.GAP and word.form not in lexicon.ASPECTS:
            return None
    return terms[0] if len(terms) == 1 else None


def _praise(clause: Clause, known: Terms) -> Iterator[Raw]:
    """ "The linen is gorgeous", "das Leder riecht furchtbar"."""
    for at, word in enumerate(clause):
        if word.form not in lexicon.COPULAS or _denials(clause) or _qualified(clause):
            continue
        subject = _lone_subject(clause, at, known)
        said = next((w for w in clause[at + 1 :] if w.form not in lexicon.INTENSIFIERS), None)
        if subject is None or said is None or said is not clause[-1]:
            return
        if said.form in lexicon.GOOD or said.form in lexicon.BAD:
            yield ("likes" if said.form in lexicon.GOOD else "dislikes"), subject[1].value, subject[0], said
        return


def _excess(clause: Clause, known: Terms) -> Iterator[Raw]:
    """ "Too sweet", "zu klein", "demasiado pesado"; never "not too sweet"."""
    if _denials(clause) or _qualified(clause):
        return
    for at, (too, word) in enumerate(pairwise(clause)):
        if too.form not in lexicon.TOO or not _of_the_thing(clause, at, known):
            continue
        term = lexicon.EXCESSIVE.get(word.form)
        if term is not None:
            yield "too_much", term.value, too, word
        elif word.form in lexicon.SMALL:
            yield "fit", "small", too, word
        elif word.form in lexicon.LARGE and (too.form, word.form) != ("too", "gross"):
            yield "fit", "large", too, word


def _of_the_thing(clause: Clause, too: int, known: Terms) -> bool:
    """Whether it is the thing itself that is too much: not its label, its parcel, or the wait for it."""
    subject = (word.form for word in clause[:too])
    is_turned = too + 2 < len(clause) and (clause[too].form, clause[too + 2].form) in _TURNED
    return not is_turned and all(
        form in lexicon.IT or form in lexicon.ASPECTS or lexicon.lookup(form, known) is not None for form in subject
    )


RULES: tuple[_Rule, ...] = (_liking, _spanish, _pleasing, _praise, _excess, asides.favourites)
