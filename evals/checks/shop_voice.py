"""`voice.outsider`: the shop speaks, as itself: its name is no thing, and it is no third party."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from evals.licences import stems_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.world import World

_POSSESSIVES = r"(?:your|my|dein\w{0,2}|ihr\w{0,2}|votre|vos|ton|ta|tes|tu|tus|su|sus)"
_ARTICLE = re.compile(r"^(?:the|der|die|das|le|la|les|l'|el|los|las)\s+", re.IGNORECASE)


@lru_cache(maxsize=256)
def _misread(name: str) -> re.Pattern[str] | None:
    """The brand's name in lower case behind a possessive; None for a single word, which may be a word like others."""
    words = _ARTICLE.sub("", name).split()
    if len(words) < 2 or not all(word.isalpha() or word == "&" for word in words):
        return None
    said = r"\s+".join(re.escape(word.lower()) for word in words)
    return re.compile(rf"\b{_POSSESSIVES}\s+{said}\b")


def _is_sold(world: World, noun: str) -> bool:
    """ "Your slow tea", from Slow Tea: what the name calls the shop's goods may be meant as such."""
    goods = (world.snapshot.brand.vertical, *(pick.hard_text for pick in world.picks))
    return any(stem(noun) in stems_in(text) for text in goods)


@rule("voice.outsider", more=True)
def misread(passage: Passage, world: World) -> Iterable[Finding]:
    """ "enjoy your gift post", from The Gift Post: the name of the shop taken for something it sells."""
    pattern = _misread(world.snapshot.brand.name)
    last = world.snapshot.brand.name.split()[-1].lower() if pattern else ""
    for match in pattern.finditer(passage.text) if pattern and last in passage.text else ():
        if not _is_sold(world, match.group().split()[-1]) and match.group().split(maxsplit=1)[1] not in world.fact_text:
            yield Finding(
                match.span(), "The shop's name is read as if it were a thing.", source=world.snapshot.brand.name
            )


@rule("voice.outsider", when=has(families=("voice.outsider",)))
def outsider(passage: Passage, world: World) -> Iterable[Finding]:
    """ "contact customer service", "the shop's website": the letter is from the shop and speaks as "we"."""
    hits = passage.hits("voice.outsider")
    if not hits:
        return
    told = world.shared_words.union(*(stems_in(str(value)) for value in world.snapshot.brand.policies.values()))
    for hit in hits:
        said = {stem(token.word) for token in passage.tokens[hit.first : hit.last]} - word_list("function_words_en")
        if not said <= told:
            yield Finding((hit.start, hit.end), "The letter is from the shop, but speaks of it as of someone else.")
