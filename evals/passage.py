"""A block prepared for its checks: canonical text, words, phrases, names and quantities, each found once."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, KeysView

from evals.draft import BlockName
from evals.licences import ProductView
from evals.reading import Reading, reading_of
from evals.signs import EVERYTHING, Signs, known_signs, signs_of
from evals.text.canonical import canonicalise
from evals.text.dates import DateRef, find_clock_times
from evals.text.keeping import kept_when_met_again, once
from evals.text.money import SLANG
from evals.text.names import Mention
from evals.text.numerals import number_words
from evals.text.phrases import Hit
from evals.text.quantities import Quantity, find_quantities
from evals.text.short_prices import with_short_prices
from evals.text.tokens import Sentence, Token
from evals.world import World

_NEGATORS = frozenset(
    "not no never without zero null cero "
    "isn't aren't wasn't won't don't doesn't didn't can't cannot nor neither hardly nothing "
    "nicht kein keine keinen keiner keinem nie ohne niemals weder "
    "pas sans jamais aucun aucune ni rien ne n sin nunca jamas ningun ninguna tampoco nada".split()
)
_NE = frozenset(("ne", "n"))
_QUE = frozenset(("que", "qu"))
_DENIALS = _NEGATORS | frozenset("neither nope nah hardly nein keineswegs non nullement tampoco".split())
_NEGATORS_BEHIND = frozenset("nothing nobody nichts nicht kein keine keinen niemanden niemals rien nada nadie".split())
_OF_MONEY = ("discount.", "shipping.", "urgency.", "scarcity.")
_DENIED_AT_END = frozenset("nicht nie niemals".split())
_ANSWERED_NO = re.compile(r",?\s(?:no|nope|nein|nicht|non|pas)\s?(?:[:.;,!–—]|$)", re.IGNORECASE)
""" "Gluten-free, no: these are ordinary oats"."""
_SET_ASIDE = re.compile(
    r"\b(?:rather than|instead of|as opposed to|(?:an)?statt|anstelle von|plut[ôo]t que|au lieu d[eu]?|en vez de"
    r"|en lugar de|(?<!don't )(?<!not )(?<!never )(?:ignore|forget)(?: about)?"
    r"|(?:isn't|is not|aren't|are not|won't be|nicht ist|n'est pas|no es)(?=\s?:))"
    r"\s?:?\s?(?:an?\s|the\s|de\s|d')?$",
    re.IGNORECASE,
)
""" "Water resistant rather than waterproof", "what it isn't: waterproof", "forget the non-stick pan"."""
_IS_ES = frozenset("es son esta estan lo tiene tienen lleva llevan".split())
""" "Impermeables no son": Spanish may deny behind what it denies."""
_ONLY = frozenset("only just nur bloss allein seulement solo".split())
"""Behind a negation these take it back: "cures not only …"."""
TOKEN_NAME = "{first_name}"  # noqa: S105 - the one merge field a block may hold


class Passage:
    """A block's text with everything found in it. Positions are of the canonical text."""

    def __init__(self, name: BlockName, key: str, source: str, world: World, *, product_id: str | None = None) -> None:
        self.name = name
        self.key = key
        self.source = source
        self.world = world
        self.canonical = canonicalise(source)
        self.text = self.canonical.text
        self.pick: ProductView | None = world.pick(product_id)
        """The pick a pitch is about."""
        self._signs = (0, 0)

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Range in the block's own text."""
        return self.canonical.source_span(start, end)

    @once
    def reading(self) -> Reading:
        """What the text says, whoever it is for; kept for texts that come again, but none with a person's name."""
        name = self.world.snapshot.person.first_name
        read = Reading if name and name in self.text else reading_of
        return read(self.text, self.world.language)

    @once
    def sentences(self) -> tuple[Sentence, ...]:
        """Sentences and lines, in reading order."""
        return self.reading.sentences

    @once
    def tokens(self) -> tuple[Token, ...]:
        """Words, in reading order."""
        return self.reading.tokens

    @once
    def words(self) -> frozenset[str]:
        """The folded words, each once."""
        return self.reading.words

    @property
    def signs(self) -> int:
        """The bits of all signs it shows, by which rules are chosen (`evals.signs`)."""
        if self._signs[0] != known_signs():
            self._signs = (known_signs(), self._seen())
        return self._signs[1]

    def _seen(self) -> int:
        try:
            return signs_of(self)
        except Exception:  # noqa: BLE001 - what breaks in reading breaks again in the rules that read, and is told there
            return EVERYTHING

    def shows(self, signs: Signs) -> bool:
        """True when it shows one of these signs."""
        return bool(self.signs & signs.mask)

    @property
    def code(self) -> str:
        """The offer's code; empty when there is none."""
        offer = self.world.snapshot.offer
        return (offer.code if offer else None) or ""

    @once
    def _hits(self) -> dict[str, list[Hit]]:
        found: dict[str, list[Hit]] = {}
        named = any(item.strength > 1 for item in self.mentions)
        for hit in self.reading.hits:
            # What stands in a product's name says nothing ("Lunch Box I Love London"), but of which kind it is.
            if not named or hit.family.startswith("type:") or not self._is_of_name(hit):
                found.setdefault(hit.family, []).append(hit)
        return found

    def _is_of_name(self, hit: Hit) -> bool:
        """In a name, or of money and for the most part in one ("Final Call, on vinyl"), or of money and running into
        one: "on the House Espresso" treats nobody."""
        if self.is_in_name(hit.start, hit.end):
            return True
        return hit.family.startswith(_OF_MONEY) and any(
            item.strength > 1
            and (item.start < hit.end < item.end or (item.start == hit.start and hit.end < 2 * item.end - hit.start))
            for item in self.mentions
        )

    def is_in_name(self, start: int, end: int) -> bool:
        """True when a range lies inside the name of a product, of at least two of its words."""
        return any(item.start <= start and end <= item.end and item.strength > 1 for item in self.mentions)

    def ends_in_name(self, hit: Hit) -> bool:
        """True when the last word of a phrase found is part of a product's name."""
        last = self.tokens[hit.last - 1]
        return self.is_in_name(last.start, last.end)

    def hits(self, *families: str) -> list[Hit]:
        """Phrases found, of these families, in reading order."""
        if self._hits.keys().isdisjoint(families):
            return []
        present = [family for family in families if family in self._hits]
        if len(present) < 2:
            return self._hits[present[0]] if present else []
        return sorted((hit for family in present for hit in self._hits[family]), key=lambda hit: hit.start)

    @property
    def families(self) -> KeysView[str]:
        """Families with at least one hit, in the order of their first ones."""
        return self._hits.keys()

    @once
    def mentions(self) -> list[Mention]:
        """Names of products we know, in reading order."""
        return self.world.names.find(self.tokens)

    @property
    def urls(self) -> tuple[re.Match[str], ...]:
        """Addresses of web pages, with or without a scheme."""
        return self.reading.urls

    @once
    def dates(self) -> list[DateRef]:
        """Dates outside product names."""
        found = self.reading.dates
        named = [(mention.start, mention.end) for mention in self.mentions if mention.strength] if found else []
        return [ref for ref in found if not overlaps((ref.start, ref.end), named)]

    @property
    def has_digits(self) -> bool:
        """True when a digit stands anywhere."""
        return self.reading.has_digits

    @once
    def masked(self) -> list[tuple[int, int]]:
        """Ranges whose numbers are no claims: names, codes, addresses, dates, times of day."""
        ranges = [(mention.start, mention.end) for mention in self.mentions if mention.strength]
        ranges += [match.span() for match in self.urls]
        ranges += [(ref.start, ref.end) for ref in self.dates if ref.day or ref.year]
        ranges += find_clock_times(self.text) if self.has_digits else []
        ranges += self._codes()
        return ranges

    def _codes(self) -> list[tuple[int, int]]:
        code = self.code
        return [match.span() for match in re.finditer(re.escape(code), self.text)] if code else []

    @once
    def quantities(self) -> list[Quantity]:
        """Typed numbers of the text."""
        world = self.world
        numbers = number_words(world.language)
        if not self.has_digits and self.words.isdisjoint(numbers) and self.words.isdisjoint(SLANG):
            return []
        names = tuple([(mention.start, mention.end) for mention in self.mentions])
        return [*_quantities_in(self.reading, world.snapshot.brand.currency, tuple(self.masked), names)]

    def sentence_at(self, position: int) -> Sentence:
        """The sentence that holds a position."""
        at = bisect_right(self.reading.sentence_ends, position)
        return self.sentences[at] if at < len(self.sentences) else Sentence(0, len(self.text))

    def clause_at(self, start: int, end: int) -> tuple[int, int]:
        """The clause around a range: from the last clause mark before it to the first after it."""
        begins, ends = self.reading.clause_marks
        before, after = bisect_right(ends, start) - 1, bisect_left(begins, end)
        return ends[before] if before >= 0 else 0, begins[after] if after < len(begins) else len(self.text)

    def is_negated(self, start: int, end: int, *, whole_clause: bool = False) -> bool:
        """True when a negation stands before the range in its clause (anywhere in it with `whole_clause`), or is the
        word behind it ("heilt nichts", "cures nothing")."""
        if "?" in self.text and self._is_denied(end):
            return True
        before, after = self.clause_at(start, end)
        if _ANSWERED_NO.match(self.text, after if whole_clause else end):
            return True
        limit = after if whole_clause else start
        denying = {token.word for token in self.tokens_in(before, limit)} & _NEGATORS
        if denying and not (denying <= _NE and self._says_only(before, after)):
            return True
        behind = [token.word for token in self.tokens_in(end, after)[:2]]
        if len(behind) > 1 and behind[0] == "no" and behind[1] in _IS_ES:
            return True
        if self.world.language == "de" and self._ends_in_denial(before, start, end, after):
            return True
        return bool(behind) and behind[0] in _NEGATORS_BEHIND and behind[-1] not in _ONLY

    def _ends_in_denial(self, before: int, start: int, end: int, after: int) -> bool:
        """ "Wasserfest ist die Moorblau nicht": what a German clause begins with is denied at its end."""
        if self.text[before:start].strip():
            return False
        words = [token.word for token in self.tokens_in(end, after)]
        return len(words) > 1 and words[-1] in _DENIED_AT_END and _ONLY.isdisjoint(words)

    def is_set_aside(self, start: int) -> bool:
        """True when what begins at `start` is the other of a choice: "water resistant rather than waterproof"."""
        return _SET_ASIDE.search(self.text, max(0, start - 24), start) is not None

    def _says_only(self, start: int, end: int) -> bool:
        """ "Ne vous coûte que la moitié" says "only": a French "ne" with "que", and no other denial, denies nothing."""
        words = {token.word for token in self.tokens_in(start, end)}
        return not words.isdisjoint(_QUE) and words & _NEGATORS <= _NE

    def _is_denied(self, position: int) -> bool:
        """ "Last chance? Hardly." asks and answers: what stands in the question is not claimed."""
        at = bisect_left(self.reading.sentence_ends, position)
        if at + 1 >= len(self.sentences) or not self.text.endswith("?", 0, self.sentences[at].end):
            return False
        first = bisect_left(self.reading.token_starts, self.sentences[at + 1].start)
        return first < len(self.tokens) and self.tokens[first].word in _DENIALS

    def tokens_in(self, start: int, end: int) -> list[Token]:
        """Words inside a range."""
        starts = self.reading.token_starts
        return list(self.tokens[bisect_left(starts, start) : bisect_left(starts, end)])

    def picks_named_in(self, start: int, end: int) -> list[tuple[Mention, ProductView]]:
        """Picks mentioned inside a range, in reading order; a word that several picks share names none."""
        return [(mention, pick) for mention, pick in self._picks_named if start <= mention.start < end]

    @once
    def _picks_named(self) -> list[tuple[Mention, ProductView]]:
        found: list[tuple[Mention, ProductView]] = []
        for mention in self.mentions:
            indexes = {self.world.names.things[number].index for number in mention.things}
            if len(indexes) == 1 and (index := indexes.pop()) >= 0:
                found.append((mention, self.world.picks[index]))
        return found


Ranges = tuple[tuple[int, int], ...]


@kept_when_met_again(maxsize=1024)
def _quantities_in(reading: Reading, currency: str, masked: Ranges, names: Ranges) -> tuple[Quantity, ...]:
    """Typed numbers of a text in which these ranges are masked, and those are names. Readings of texts that come again
    are the same object, and what is said of a product has the same names and numbers for all customers."""
    found = find_quantities(reading.text, reading.tokens, reading.language, currency, masked)
    return tuple(with_short_prices(reading.text, found, names, reading.sentence_ends, currency))


_Key = tuple[BlockName, str, str, str | None]
_KEPT = 128
"""E-mails in the making whose blocks are at hand."""
_passages: dict[World, dict[_Key, Passage]] = {}
"""By e-mail, the oldest first."""


def passage_of(world: World, name: BlockName, key: str, text: str, product_id: str | None) -> Passage:
    """A block prepared once an e-mail: the draft's checks and the message's read the same blocks again."""
    own = _passages.get(world)
    if own is None:
        for oldest in list(_passages)[: 1 - _KEPT] if len(_passages) >= _KEPT else ():
            _passages.pop(oldest, None)
        own = _passages[world] = {}
    block = name, key, text, product_id
    found = own.get(block)
    if found is None:
        found = own[block] = Passage(name, key, text, world, product_id=product_id)
    return found


def forget_passages(world: World) -> None:
    """An e-mail is finished: what was read of its blocks is of no more use."""
    _passages.pop(world, None)


def overlaps(span: tuple[int, int], ranges: Iterable[tuple[int, int]]) -> bool:
    """True when `span` shares a character with one of the ranges."""
    first, last = span
    for start, end in ranges:  # noqa: SIM110 - `any` takes twice as long, and every number is asked about
        if start < last and first < end:
            return True
    return False
