"""Likings that are said without a verb of liking beside them: favourites, habits, and what follows a comma.

As strict as the other rules (`memory.words.extract`): the whole clause has to be the pattern. "My favourite green tea"
and nothing behind it, "we only drink decaf" with neither a time nor a reason, "I love the taste, floral and smooth"
with nothing else behind the comma.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from memory.words import lexicon
from memory.words.lexicon import Term
from memory.words.model import StatementKind
from memory.words.reading import Word

Clause = Sequence[Word]
Raw = tuple[StatementKind, str, Word, Word]
"""Kind, value, first and last word."""

FAVOURITE = frozenset(
    "favourite favorite favourites favorites liebster liebste liebsten liebstes prefere preferee preferes preferees "
    "favori favorite favoris favorito favorita favoritos favoritas preferido preferida preferidos".split()
)
_IS_MINE = frozenset("it this these they is are das dies es ist sind c ce est sont este esta estos son".split())
"""What may stand before "my favourite": the thing itself, as it is now."""
_SPANISH_USES = frozenset("bebo bebemos tomo tomamos compro compramos".split())
_NOTHING_BUT = ({"ne", "que"}, {"n", "que"})
"""French says "only" in two words."""
_BETWEEN = frozenset("ne n que du de des la".split())
_USES = _SPANISH_USES | frozenset(
    "drink buy wear trinke trinken kaufe kaufen trage tragen bois buvons achete achetons porte portons".split()
)
_ONLY = frozenset("only nur solo solamente uniquement exclusively ausschliesslich unicamente".split())
_TASTES = frozenset(
    "taste tastes flavour flavor flavours flavors notes aroma smell scent geschmack duft noten gout gouts arome "
    "aromes odeur parfum sabor sabores olor aroma notas".split()
)
_FEELS = frozenset("feel texture fabric material textur stoff matiere tissu tejido textura".split())
_OF_ASPECTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_TASTES, frozenset({"taste", "scent"})),
    **dict.fromkeys(_FEELS, frozenset({"feel", "material"})),
}
"""What a taste may be, and what a fabric: by the noun before the comma, the kinds of qualities behind it."""
_OF_DRINKS = frozenset({"smooth"})
"""Said of what is felt and of what is tasted."""


def favourites(clause: Clause, known: Mapping[str, Term]) -> Iterator[Raw]:
    """ "My favourite green tea!", "c'est mon thé vert préféré", "mi té verde favorito"."""
    for at, (mine, behind) in enumerate(pairwise(clause)):
        if mine.form not in lexicon.POSSESSIVES:
            continue
        last = clause[-1]
        if any(word.form not in _IS_MINE for word in clause[:at]) or at + 3 != len(clause):
            return
        what = last if behind.form in FAVOURITE else behind if last.form in FAVOURITE else None
        term = None if what is None else lexicon.lookup(what.form, known)
        if term is not None and not term.modifies:
            yield "likes", term.value, mine, last
        return


def habits(clauses: Sequence[Clause], known: Mapping[str, Term]) -> Iterator[Raw]:
    """ "We only drink decaf", "wir trinken nur losen Tee", "je ne bois que du déca", "solo bebemos té verde".

    Only where the sentence says nothing else: who says why may be speaking of their health.
    """
    if len(clauses) != 1:
        return
    (clause,) = clauses
    forms = {word.form for word in clause}
    term = lexicon.lookup(clause[-1].form, known) if clause else None
    if term is None or term.modifies or forms & lexicon.NEGATORS or not _is_exclusive(forms):
        return
    if forms & _USES and all(_belongs(word.form) for word in clause[:-1]) and _is_said_by_them(forms):
        yield "prefers", term.value, clause[0], clause[-1]


def _belongs(form: str) -> bool:
    return form in _USES or form in _ONLY or form in lexicon.SUBJECTS or form in _BETWEEN


def _is_exclusive(forms: set[str]) -> bool:
    return bool(forms & _ONLY) or any(words <= forms for words in _NOTHING_BUT)


def _is_said_by_them(forms: Collection[str]) -> bool:
    """Spanish verbs hold their subject; "only drink decaf" may be advice."""
    return any(form in lexicon.SUBJECTS or form in _SPANISH_USES for form in forms)


def appositions(clauses: Sequence[Clause]) -> Iterator[Raw]:
    """ "I love the taste, very floral and smooth": what a taste is said to be behind the comma."""
    for before, behind in pairwise(clauses):
        kinds = _loved_aspect(before)
        if not kinds or not behind:
            continue
        terms = [(word, lexicon.lookup(word.form, lexicon.QUALITIES)) for word in behind]
        told = [(word, term) for word, term in terms if term is not None]
        rest = (word.form for word, term in terms if term is None)
        if all(form in lexicon.INTENSIFIERS or form in lexicon.JOINERS for form in rest) and all(
            term.kind in kinds or ("taste" in kinds and term.value in _OF_DRINKS) for _, term in told
        ):
            for word, term in told:
                yield "likes", term.value, before[0], word


def _loved_aspect(clause: Clause) -> frozenset[str]:
    """The kinds that the noun at the end of "I love the taste" may be; none where it is no such clause."""
    forms = [word.form for word in clause]
    spanish = forms[:2] in (["me", "encanta"], ["nos", "encanta"], ["me", "gusta"], ["nos", "gusta"])
    loved = len(forms) > 2 and (
        spanish or (forms[0] in lexicon.SUBJECTS and any(f in lexicon.LIKE for f in forms[1:3]))
    )
    between = forms[2:-1] if spanish else [form for form in forms[1:-1] if form not in lexicon.LIKE]
    if not loved or any(form not in lexicon.GAP and form not in lexicon.INTENSIFIERS for form in between):
        return frozenset()
    return _OF_ASPECTS.get(forms[-1], frozenset())
