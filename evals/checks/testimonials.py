"""`testimonial.fake`: words in others' mouths, and ratings nobody gave. 16 CFR 465 forbids invented reviews."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property, lru_cache

from evals.checks.bind import bound_picks
from evals.checks.evidence import is_of_goods
from evals.checks.sayings import is_proverb
from evals.licences import ProductView, quantities_in, words_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.text.canonical import canonicalise, fold
from evals.text.lexicon import word_list
from evals.text.names import Mention
from evals.text.phrases import Hit
from evals.text.quantities import Compare, Kind, Quantity
from evals.text.tokens import Token
from evals.verdict import Severity
from evals.world import World

PARAPHRASE = 0.34
"""Share of a review's content words a paraphrase must keep."""
AKIN = 4
"""Letters by which words of a review are compared with those of a text."""
DEED = 3
"""Telling words from which a sentence about a reviewer says something."""
QUOTE_WORDS = 4
"""Words from which a quotation with nobody behind it counts as somebody's."""
MARK = 2
"""Characters of a quotation mark, with the space that French sets inside it."""
_ARTICLES = frozenset("a an un une una ein eine einen einem einer".split())
_SUBJECTS = frozenset("man jeder jede niemand keiner".split())
_TO_US = frozenset("to us that uns dass que nous nos".split())
_RATING_KEYS = ("rating", "note", "bewertung", "valoracion", "nota", "stars", "average_rating")
_COUNT_KEYS = (
    "review_count", "reviews_count", "nombre_avis", "avis", "anzahl_bewertungen", "bewertungen", "opiniones", "resenas",
    "num_opiniones",
)  # fmt: skip
_QUOTED = re.compile(r'(?<!\d)"([^"\n]{1,240})"')
""" What stands between marks that belong together: two short names in them (*"Moor" and "Fog"*) leave no quotation
between. A mark behind a digit opens nothing: it stands for inches."""
SAID = 12
"""Characters from which a quotation is one."""
_LEFT_OUT = re.compile(r"…|\.{3}|\[[^\]]*\]")
_STARS = re.compile(
    r"[★⭐]{2,}|\b\d{1,2}(?:[.,]\d)?\s?(?:/|von|sur|de|out of)\s?(?:5|10)\b"
    r"|\b\d[.,]\d\s?(?:★|stars?|sterne|étoiles|estrellas)",
    re.IGNORECASE,
)
_STAR_LIKE = re.compile(r"[★⭐\d](?:★|⭐|\s?(?:[/★sd]|von|out of|étoiles|estrellas))", re.IGNORECASE)
"""What begins every match, or ends it."""
_ATTRIBUTED = re.compile(r"(?<![^\s\"])[-–—]\s?([A-Z][\w'.-]+(?:\s[A-Z][\w'.]*)?)\s*$", re.MULTILINE)


class Review:
    """A stored review: who wrote it and what."""

    def __init__(self, author: str, text: str) -> None:
        self.author = author
        self.text = canonicalise(text).text
        self.author_words = frozenset(_spoken(author))
        self.words = tuple(_spoken(self.text))

    @cached_property
    def roots(self) -> frozenset[str]:
        """The first letters of its longer words."""
        return frozenset(word[:AKIN] for word in self.words if len(word) >= AKIN)


@lru_cache(maxsize=1024)
def _reviews_of(pick: ProductView) -> tuple[Review, ...]:
    stored = pick.facts.attributes.get("reviews")
    found = (entry for entry in stored if isinstance(entry, dict)) if isinstance(stored, list) else ()
    return tuple(Review(str(entry.get("author", "")), str(entry.get("text", ""))) for entry in found)


def reviews_of(picks: Iterable[ProductView]) -> list[Review]:
    """Reviews stored with the products."""
    return [review for pick in picks for review in _reviews_of(pick)]


def retold(passage: Passage, world: World) -> str:
    """The stored reviews that a text may retell: those whose author it names, or that it quotes word for word."""
    reviews = reviews_of(world.picks)
    quoted = [match[1] for match in _quotations(passage)] if reviews else []
    return "\n".join(
        review.text
        for review in reviews
        if not review.author_words.isdisjoint(passage.words) or any(_is_verbatim(quote, [review]) for quote in quoted)
    )


@rule("testimonial.fake", joined=True)
def fake(passage: Passage, world: World) -> Iterable[Finding]:
    """Quotes, named speakers, stars and counts must be those of stored reviews."""
    reviews = reviews_of(world.picks)
    yield from _quotes(passage, world, reviews)
    yield from _speakers(passage, world, reviews)
    for hit in passage.hits("testimonial.claim"):
        general = passage.is_negated(hit.start, hit.end) or is_proverb(passage, hit)
        if not general and not _is_rated_so(passage, world, hit):
            # "Nothing good happened before the first cup, according to everyone": praise is of goods.
            loose = passage.name in ("opening", "closing") and not passage.quantities
            loose = loose and not is_of_goods(passage, hit.start, hit.end)
            weight = Severity.WARN if loose else None
            yield Finding((hit.start, hit.end), "No stored review or rating says so.", _ratings(world), severity=weight)
    for match in _STARS.finditer(passage.text) if _STAR_LIKE.search(passage.text) else ():
        if not _are_true_stars(match.group(), world, passage, match.start()):
            yield Finding(match.span(), "No stored rating says so.", source=_ratings(world))


def _quotes(passage: Passage, world: World, reviews: list[Review]) -> Iterable[Finding]:
    for match in _quotations(passage):
        named = any(_is_all(mention, match) for mention in passage.mentions)
        whole = match.span() == (0, len(passage.text.strip()))
        spoken = any(0 <= hit.start - match.end() <= 2 for hit in passage.hits("testimonial.verb"))
        short = len(match[1].split()) < QUOTE_WORDS and not spoken
        term = match[1][0].islower() and match[1][-1].isalpha() and not spoken
        asked = match[1].endswith("?") and not spoken  # 'between "did you just eat berries?" and …': nobody's praise
        asked = asked or _is_anyones(passage, match)
        if named or whole or short or term or asked or _is_verbatim(match[1], reviews):
            continue
        yield Finding(match.span(), "Nobody is on record with these words.", source=_on_record(reviews))


_ANYBODY = re.compile(
    r"\b(?:sagt man|man sagt|denkt man|man denkt|heißt es|dit-on|on (?:se )?dit|se dice|uno (?:se )?dice"
    r"|you(?:'ll| will)? (?:say|tell|think|mutter|hear)|one says|we all (?:say|said)|we've all (?:said|thought))\b",
    re.IGNORECASE,
)


def _is_anyones(passage: Passage, quoted: re.Match[str]) -> bool:
    """'"Just one more page": with 160 of them you say that often': everybody's words, and nobody's praise."""
    part = passage.sentence_at(quoted.end())
    return _ANYBODY.search(passage.text, min(part.start, quoted.start()), part.end) is not None


def _quotations(passage: Passage) -> list[re.Match[str]]:
    """Quotations long enough to say something."""
    found = _QUOTED.finditer(passage.text) if '"' in passage.text else ()
    return [match for match in found if len(match[1]) >= SAID]


def _is_all(mention: Mention, quoted: re.Match[str]) -> bool:
    """A name that has quotation marks in it, or one that is set in them: « Mesure à café en chêne »."""
    within = mention.start <= quoted.start() <= mention.end
    return within or (0 <= mention.start - quoted.start() <= MARK and 0 <= quoted.end() - mention.end <= MARK)


def _is_verbatim(said: str, reviews: list[Review]) -> bool:
    """Word for word, also when words are left out at an ellipsis: one other word makes it another review."""
    pieces = [_spoken(piece) for piece in _LEFT_OUT.split(said)]
    return any(all(_holds(review.words, piece) for piece in pieces) for review in reviews)


def _spoken(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(text)))


def _holds(words: tuple[str, ...], piece: tuple[str, ...]) -> bool:
    """True when a run of words stands in another."""
    return any(words[at : at + len(piece)] == piece for at in range(len(words) - len(piece) + 1))


def _named_behind(passage: Passage, hit: Hit) -> Token | None:
    """The Ulrike of '"…", schwärmt Ulrike': a name behind the verb, when a quotation ends before it."""
    ends = passage.text[: hit.start].rstrip(" ,").endswith('"')
    after = passage.tokens[hit.last] if hit.last < len(passage.tokens) else None
    is_name = after is not None and after.surface[0].isupper() and after.sentence == passage.tokens[hit.first].sentence
    return after if ends and is_name else None


def _speakers(passage: Passage, world: World, reviews: list[Review]) -> Iterable[Finding]:
    """ "Theo says his office has a door": Theo must have written a review, and said something like it."""
    for hit in passage.hits("testimonial.verb"):
        named = _named_behind(passage, hit)
        if named and not any(_wrote(item, named.surface) for item in reviews):
            reason = f"No review by {named.surface} is stored."
            yield Finding((hit.start, named.end), reason, source=_on_record(reviews))
        speaker = passage.tokens[hit.first - 1] if hit.first else None
        if speaker is None or not _is_speaker(passage, world, hit):
            continue
        review = next((item for item in reviews if _wrote(item, speaker.surface)), None)
        if review is None:
            yield Finding(
                (speaker.start, hit.end), f"No review by {speaker.surface} is stored.", source=_on_record(reviews)
            )
        elif not _paraphrases(passage, hit, review) and not _is_quoted(passage, review):
            yield Finding(
                (speaker.start, hit.end), f"{speaker.surface} said something else.", source=f"“{review.text}”"
            )
    yield from _put_in_mouths(passage, reviews)
    for match in _ATTRIBUTED.finditer(passage.text) if '"' in passage.text else ():
        if '"' in passage.text[: match.start()] and not any(_wrote(item, match[1]) for item in reviews):
            yield Finding(match.span(), f"No review by {match[1]} is stored.", source=_on_record(reviews))


def _put_in_mouths(passage: Passage, reviews: list[Review]) -> Iterable[Finding]:
    """ "Colm B. wore them to win the marathon": who is named with a deed must have written some word of it."""
    for review in reviews:
        for token in passage.tokens if not review.author_words.isdisjoint(passage.words) else ():
            named = token.surface[0].isupper() and len(token.word) >= AKIN - 1 and token.word in review.author_words
            if not named:
                continue
            part = passage.sentence_at(token.start)
            said = {other.word[:AKIN] for other in passage.tokens_in(part.start, part.end) if len(other.word) >= AKIN}
            if len(said) >= DEED and '"' not in passage.text and not said & review.roots:
                yield Finding((token.start, token.end), f"{token.surface} said something else.", source=review.text)


def _is_speaker(passage: Passage, world: World, hit: Hit) -> bool:
    """A capitalised word right before the verb, that is no pronoun, product, brand or noun of the facts."""
    token = passage.tokens[hit.first - 1]
    if passage.tokens[hit.last : hit.last + 1] and passage.tokens[hit.last].word in _SUBJECTS:
        return False  # "bei 160 Seiten Punktraster sagt man das öfter"
    if passage.text[token.end : hit.start].strip():
        return False  # '"… keine Reue", schreibt Gesa': a quotation ends between them
    known = (
        token.word in world.brand_words or token.word in word_list("not_speakers") or token.word in world.declared_words
    )
    capital = (
        token.surface[0].isupper() and token.surface.isalpha() and token.sentence == passage.tokens[hit.first].sentence
    )
    named = any(mention.start <= token.start < mention.end for mention in passage.mentions)
    first = world.snapshot.person.first_name
    listed = token.word in word_list("given_names") or token.word in word_list("first_names")
    told = any(other.word in _TO_US for other in passage.tokens[hit.last : hit.last + 2])
    if not (listed or told or '"' in passage.text):
        return False  # "Supper called", "Bend says hi": a capital makes nobody a customer
    return capital and not known and not named and not (first and fold(first) == token.word)


def _wrote(review: Review, name: str) -> bool:
    return bool(name) and fold(name).rstrip(".") in fold(review.author).replace(".", "").split()


def _paraphrases(passage: Passage, hit: Hit, review: Review) -> bool:
    """A paraphrase keeps some of the review's content words."""
    sentence = passage.sentence_at(hit.start)
    said = {token.word for token in passage.tokens_in(hit.end, sentence.end + 1)}
    wrote = {token.word for token in words_in(review.text, "en") if len(token.word) > 3}
    counted = {reading for item in quantities_in(review.text, passage.world.language, "") for reading in item.readings}
    numbers = [item for item in passage.quantities if hit.end <= item.start < sentence.end and item.value > 1]
    if any(not counted & set(item.readings) for item in numbers):
        return False
    return not wrote or len(said & wrote) >= max(1, round(len(wrote) * PARAPHRASE))


def _is_quoted(passage: Passage, review: Review) -> bool:
    """'"…" Priscilla N. said it better than we could': her words stand beside the verb, and it adds none."""
    return any(_is_verbatim(match[1], [review]) for match in _quotations(passage))


def _is_rated_so(passage: Passage, world: World, hit: Hit) -> bool:
    """True when every number of the clause is the stored rating or review count of a pick it is about."""
    start, end = passage.clause_at(hit.start, hit.end)
    picks = bound_picks(passage, world, hit.start, hit.end)
    # "Cincuenta y siete": a number may run over what looks like the seam of two clauses.
    inside = [item for item in passage.quantities if item.start < end and start < item.end]
    # "Una media de 4,8": the article is no number.
    articles = [item for item in inside if passage.text[item.start : item.end].lower() in _ARTICLES]
    numbers = [item for item in inside if item.kind is not Kind.MONEY and item not in articles]
    words = {token.word for token in passage.tokens_in(start, end)}
    if words & {"bestseller", "bestselling", "favourite", "favorite"} and any(_is_bestseller(pick) for pick in picks):
        return True
    if not numbers or words & {"thousands", "hundreds", "millions", "dozens", "everyone"}:
        return False
    return any(all(_is_rating(item, pick) for item in numbers) for pick in picks)


def _is_bestseller(pick: ProductView) -> bool:
    return pick.facts.attributes.get("bestseller") is True


def _is_rating(item: Quantity, pick: ProductView) -> bool:
    facts = [pick.facts.attributes.get(key) for key in (*_RATING_KEYS, *_COUNT_KEYS)]
    known = [Decimal(str(value)) for value in facts if isinstance(value, int | float) and not isinstance(value, bool)]
    if not known:
        return False
    if item.compare in (Compare.OVER, Compare.JUST_OVER):
        return any(item.value <= value <= item.value * Decimal("1.25") for value in known)
    if item.compare in (Compare.ABOUT, Compare.NEARLY):
        return any(abs(item.value - value) <= value * Decimal("0.08") for value in known)
    return item.value in (*known, 5)


def _are_true_stars(found: str, world: World, passage: Passage, at: int) -> bool:
    picks = bound_picks(passage, world, at, at)
    ratings = [pick.facts.attributes.get(key) for pick in picks for key in _RATING_KEYS]
    numbers = re.findall(r"\d+(?:[.,]\d+)?", found)
    return bool(numbers) and any(
        Decimal(numbers[0].replace(",", ".")) == Decimal(str(rating))
        for rating in ratings
        if isinstance(rating, int | float)
    )


def _ratings(world: World) -> str:
    said = [
        f"{pick.facts.name}: {pick.facts.attributes['rating']} by {pick.facts.attributes.get('review_count', '?')}"
        for pick in world.picks
        if "rating" in pick.facts.attributes
    ]
    return "; ".join(said) or "no ratings"


def _on_record(reviews: list[Review]) -> str:
    return "; ".join(f"{review.author}: “{review.text}”" for review in reviews[:3]) or "no reviews"
