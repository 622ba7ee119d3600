"""A brief in words, "light gifts under 30 for tea lovers", turned into limits and a query.

Deterministic, by rules: a word becomes a limit only where it can hardly mean anything else, and each limit quotes the
words it came from. What looks like a constraint and is not taken for one is told too; everything else is left for the
search to rank by. Who it is for ("for tea lovers") never limits: a tea lover may want a pot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pydantic import Field

from catalog import brief_words as cues
from catalog.analysis import Language, language_of
from catalog.brief_prices import PriceReader
from catalog.brief_tokens import Token, read, words_of
from catalog.mentions import mentioning
from catalog.model import Frozen, Limits
from catalog.text import cap, clean_text
from catalog.vocabulary import Term, Vocabulary

MAX_BRIEF = 300
NEW_DAYS = 45
"""As long as picks call a product new."""
MAX_DENIED_WORDS = 3
HEAD_FIRST: frozenset[Language] = frozenset({"fr", "es"})
"""Languages in which the thing stands before what it is like: "thé vert"."""

ConstraintKind = Literal[
    "min_price", "max_price", "currency", "category", "brand", "attribute", "exclude_category", "exclude_brand",
    "exclude_words", "on_sale", "new", "in_stock",
]  # fmt: skip


class Constraint(Frozen):
    """One limit, and the words it came from: `text[start:end]`."""

    kind: ConstraintKind
    value: str
    words: str
    start: int
    end: int


class NotUnderstood(Frozen):
    """Words that may be meant as a limit and are not taken for one, and why."""

    words: str
    why: str
    start: int
    end: int


class Understood(Frozen):
    """What a brief says. `query` is what it leaves to rank by; it may be empty."""

    text: str
    limits: Limits
    query: str
    constraints: tuple[Constraint, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    is_about_people: bool = Field(default=False, exclude=True)
    """True of a `query` that says whom it is for and nothing of what: "a gift for my sister"."""

    def wants(self, kind: ConstraintKind) -> bool:
        """Whether there is a constraint of this kind."""
        return any(one.kind == kind for one in self.constraints)


@dataclass(slots=True)
class _Reading:
    """What has been found so far."""

    text: str
    tokens: list[Token]
    constraints: list[Constraint] = field(default_factory=list)
    unclear: list[NotUnderstood] = field(default_factory=list)
    kept: list[Token] = field(default_factory=list)
    """For the query."""
    people: list[Token] = field(default_factory=list)
    """Those of them that say whom it is for."""

    def words(self, at: int) -> list[str]:
        return words_of(self.tokens[at : at + cues.LONGEST + 1])

    def quote(self, at: int, size: int) -> tuple[str, int, int]:
        """How `size` tokens were written, and where."""
        start, end = self.tokens[at].start, self.tokens[at + size - 1].end
        return self.text[start:end], start, end

    def note(self, kind: ConstraintKind, value: object, at: int, size: int) -> None:
        """A constraint said by `size` tokens from `at`."""
        words, start, end = self.quote(at, size)
        self.constraints.append(Constraint(kind=kind, value=str(value), words=words, start=start, end=end))

    def doubt(self, why: str, at: int, size: int) -> None:
        """Words that are told as not understood. They stay in the query, but for sums of money: those rank nothing."""
        words, start, end = self.quote(at, size)
        self.unclear.append(NotUnderstood(words=words, why=why, start=start, end=end))
        tokens = self.tokens[at : at + size]
        if not any(token.folded in cues.CURRENCIES for token in tokens):
            amount = next((n for n, one in enumerate(tokens) if one.kind == "number"), 0)
            self.kept += tokens[amount:]  # "no more than 3 items" ranks by "3 items"


@dataclass(frozen=True, slots=True)
class BriefReader:
    """Reads briefs about the catalog of a vocabulary."""

    vocabulary: Vocabulary
    prices: PriceReader

    def read(self, text: str, limits: Limits = Limits()) -> Understood:
        """What `text` says, on top of `limits`. Never raises: what is not understood is told."""
        text = cap(clean_text(text), MAX_BRIEF)
        reading = _Reading(text, read(text))
        language = language_of([text]) or self.vocabulary.language
        at, audience = 0, False
        while at < len(reading.tokens):
            size = self._rule(reading, at, protected=audience, language=language)
            audience = not size and _still_about_people(reading.words(at), audience)
            if not size:
                reading.kept.append(reading.tokens[at])
                reading.people += [reading.tokens[at]] if audience else []
            at += size or 1
        found = tuple(reading.constraints)
        return Understood(
            text=text,
            limits=_limits(found, limits),
            query=_query(reading),
            constraints=found,
            not_understood=tuple(reading.unclear),
            is_about_people=_is_about_people(reading),
        )

    def _rule(self, reading: _Reading, at: int, *, protected: bool, language: Language) -> int:
        """How many tokens the first rule that applies at `at` takes, 0 for none."""
        said = (
            self._price(reading, at)
            or _much_or_little(reading, at)
            or self._denial(reading, at)
            or _plain_words(reading, at)
        )
        if said or protected or reading.tokens[at].kind == "mark":
            return said
        return self._new_goods(reading, at) or self._name(reading, at, language)

    def _new_goods(self, reading: _Reading, at: int) -> int:
        """ "new teapots": a "new" right before goods, which are read next."""
        if reading.tokens[at].folded not in cues.NEW_BEFORE_GOODS or at + 1 == len(reading.tokens):
            return 0
        words = reading.words(at + 1)
        found = self.vocabulary.match(words)
        if words[0] not in cues.GOODS and (found is None or found[1].kind != "category"):
            return 0
        reading.note("new", NEW_DAYS, at, 1)
        return 1

    def _price(self, reading: _Reading, at: int) -> int:
        price = self.prices.read(reading.tokens, at)
        if price is None:
            return 0
        if price.why_not:
            reading.doubt(price.why_not, at, price.size)
            return price.size
        bounds: tuple[tuple[ConstraintKind, Decimal | str | None], ...] = (
            ("min_price", price.low),
            ("max_price", price.high),
            ("currency", price.currency),
        )
        for kind, value in bounds:
            if value is not None:
                reading.note(kind, value, at, price.size)
        return price.size

    def _name(self, reading: _Reading, at: int, language: Language) -> int:
        """A category, brand or quality of this shop. Its words stay in the query too: they rank as well as limit."""
        found = self._match(reading, at)
        if found is None:
            return 0
        size, term = found
        behind = reading.words(at + size)[:1]
        hyphen = int(behind == ["-"])
        if {*reading.words(at + size + hyphen)[:1]} & cues.FREE_OF:
            return self._free_of(reading, at, size, hyphen + 1, term)
        if {*behind} & cues.LOVERS or not self._is_all_that_is_meant(reading, at, size, term):
            return 0
        if term.kind == "category" and not _is_head(reading, at, size, language):
            return 0
        reading.note(term.kind, term.value, at, size)
        reading.kept += reading.tokens[at : at + size]
        return size

    def _match(self, reading: _Reading, at: int) -> tuple[int, Term] | None:
        return self.vocabulary.match(words_of(reading.tokens[at : at + cues.LONGEST + 1]))

    def _free_of(self, reading: _Reading, at: int, size: int, rest: int, term: Term) -> int:
        """ "leather-free", or "leather free": without it."""
        kind, value = _exclusion(term, " ".join(words_of(reading.tokens[at : at + size])))
        reading.note(kind, value, at, size + rest)
        return size + rest

    def _is_all_that_is_meant(self, reading: _Reading, at: int, size: int, term: Term) -> bool:
        """False for "linen or jute" where the shop has no name for jute: a limit would hide what was asked for too."""
        others = [self._match(reading, at + size + 1)] if {*reading.words(at + size)[:1]} & cues.OR else []
        if at > 1 and reading.tokens[at - 1].folded in cues.OR:
            others.append(self._match_before(reading, at - 1))
        return all(other is not None and _is_like(other[1], term) for other in others)

    def _match_before(self, reading: _Reading, end: int) -> tuple[int, Term] | None:
        """The longest name that ends at `end`."""
        starts = range(max(0, end - cues.LONGEST), end)
        found = ((self._match(reading, at), end - at) for at in starts)
        return next((match for match, size in found if match and match[0] == size), None)

    def _denial(self, reading: _Reading, at: int) -> int:
        """What must not be in it: "no leather", "ohne Nüsse und Milch"."""
        cue = cues.longest(reading.words(at), cues.DENIALS)
        if not cue or (at and reading.tokens[at].glued):
            return 0
        lists = reading.tokens[at].folded in cues.LISTING_DENIALS
        end = at + cue
        while True:
            size = self._denied(reading, at, end)
            if not size:
                break
            end += size
            joint = reading.words(end)[:1]
            if not joint or not (joint[0] in cues.OR or (lists and joint[0] in cues.AND)):
                break
            end += 1
        return end - at if end > at + cue else self._unclear_denial(reading, at, cue)

    def _denied(self, reading: _Reading, at: int, start: int) -> int:
        """One thing that is denied from `start` on, behind the "no" at `at`; how many tokens it has."""
        tokens = reading.tokens[start:]
        skipped = next((n for n, one in enumerate(tokens) if one.folded not in cues.FILLERS), len(tokens))
        words = [one.folded for one in tokens[skipped:] if one.kind == "word"][: cues.LONGEST]
        if not words or tokens[skipped].kind != "word" or words[0] in cues.NOT_DENIED or _is_cue(words):
            return 0
        found = self.vocabulary.match(words)
        size = found[0] if found else self._phrase(words)
        kind, value = _exclusion(found[1] if found else None, " ".join(words[:size]))
        reading.note(kind, value, at, start + skipped + size - at)
        return skipped + size

    def _phrase(self, words: Sequence[str]) -> int:
        """How many of these words some product says together; one where none does."""
        ends = (n for n, word in enumerate(words) if n and (word in cues.JOINERS or _is_cue(words[n:])))
        reach = min(next(ends, len(words)), MAX_DENIED_WORDS)
        together = (n for n in range(reach, 1, -1) if len(mentioning(self.vocabulary.view, " ".join(words[:n]))))
        return next(together, 1)

    def _unclear_denial(self, reading: _Reading, at: int, cue: int) -> int:
        """A "no" that nothing could be made of."""
        sale = cues.longest(reading.words(at + cue), cues.SALE)
        following = reading.tokens[at + cue : at + cue + 1]
        if not sale and (not following or following[0].kind != "word"):
            return 0
        size = cue + (sale or 1)
        reading.doubt("this is not something that can be left out", at, size)
        return size


def _exclusion(term: Term | None, words: str) -> tuple[ConstraintKind, str]:
    if term is not None and term.kind == "category":
        return "exclude_category", term.value
    if term is not None and term.kind == "brand":
        return "exclude_brand", term.value
    return "exclude_words", words


def _is_cue(words: Sequence[str]) -> bool:
    """Whether something else than the name of a thing begins here."""
    phrases = (cues.SALE, cues.NEW, cues.STOCK, cues.DENIALS, *cues.PRICE_BEFORE.values())
    return any(cues.longest(words, one) for one in phrases)


def _much_or_little(reading: _Reading, at: int) -> int:
    """ "Cheap", "not too expensive": told, and no word to rank by."""
    size = cues.longest(reading.words(at), cues.MUCH_OR_LITTLE)
    if size:
        words, start, end = reading.quote(at, size)
        why = "how much is that? Write under or over an amount"
        reading.unclear.append(NotUnderstood(words=words, why=why, start=start, end=end))
    return size


def _plain_words(reading: _Reading, at: int) -> int:
    """Sale, newness, stock."""
    words = reading.words(at)
    on_sale, stock = cues.longest(words, cues.SALE), cues.longest(words, cues.STOCK)
    size = on_sale or stock or cues.longest(words, cues.NEW)
    if size:
        kind: ConstraintKind = "on_sale" if on_sale else "in_stock" if stock else "new"
        reading.note(kind, NEW_DAYS if kind == "new" else True, at, size)
    return size


def _still_about_people(words: Sequence[str], audience: bool) -> bool:
    """Whether what follows this word says whom it is for."""
    if words[0] in cues.AUDIENCE or words[0] in cues.LOVERS_OF:
        return True
    return audience and (words[0] in cues.LINKS | cues.FILLERS | cues.AND or words[0] not in cues.JOINERS)


def _is_like(one: Term, other: Term) -> bool:
    """Whether limits take either: names of one kind, values of one quality."""
    return one.kind == other.kind and (one.kind != "attribute" or one.value.split("=")[0] == other.value.split("=")[0])


def _is_head(reading: _Reading, at: int, size: int, language: Language) -> bool:
    """Whether a category is what is looked for, and not what that is like: "tea towels" are no tea."""
    if language in HEAD_FIRST:
        before = reading.tokens[max(0, at - 2) : at]
        return not (len(before) == 2 and before[1].folded in cues.LINKS and before[0].kind == "word")
    behind = reading.tokens[at + size : at + size + 1]
    if not behind or behind[0].kind != "word" or behind[0].folded in cues.JOINERS:
        return True
    return bool(_is_cue(words_of(reading.tokens[at + size : at + size + cues.LONGEST])))


def _is_about_people(reading: _Reading) -> bool:
    """Whether every word to rank by says whom it is for, but for some that stand for any goods."""
    others = (one.folded for one in reading.kept if one not in reading.people)
    return bool(reading.people) and all(word in cues.GOODS | cues.JOINERS for word in others)


def _query(reading: _Reading) -> str:
    """What was kept, as it was written, without words that join nothing any more."""
    kept = [token for token in reading.kept if token.kind != "mark" or token.folded == "&"]
    while kept and kept[0].folded in cues.JOINERS | cues.PRICE_NOUNS and not (len(kept) > 1 and kept[1].glued):
        kept.pop(0)
    while kept and kept[-1].folded in cues.JOINERS | cues.PRICE_NOUNS:
        kept.pop()
    parts: list[str] = []
    for before, token in zip([None, *kept], kept, strict=False):
        space = "" if before is None or before.end == token.start else " "
        parts.append(space + reading.text[token.start : token.end])
    return "".join(parts)


def _limits(constraints: Sequence[Constraint], given: Limits) -> Limits:
    """`given`, narrowed by what was found: of two bounds the tighter one holds."""

    def values(kind: ConstraintKind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.value for one in constraints if one.kind == kind))

    lows = [*map(Decimal, values("min_price")), *([given.min_price] if given.min_price is not None else [])]
    highs = [*map(Decimal, values("max_price")), *([given.max_price] if given.max_price is not None else [])]
    changes = {
        "min_price": max(lows, default=None),
        "max_price": min(highs, default=None),
        "currency": given.currency or next(iter(values("currency")), None),
        "categories": given.categories or values("category"),
        "brands": given.brands or values("brand"),
        "attributes": (*given.attributes, *values("attribute")),
        "exclude_categories": (*given.exclude_categories, *values("exclude_category")),
        "exclude_brands": (*given.exclude_brands, *values("exclude_brand")),
        "exclude_words": (*given.exclude_words, *values("exclude_words")),
        "only_on_sale": given.only_on_sale or bool(values("on_sale")),
        "new_within_days": given.new_within_days or (NEW_DAYS if values("new") else None),
    }
    return given.model_copy(update={name: value for name, value in changes.items() if value != getattr(given, name)})
