"""`product.not_in_picks`, swapped and offered ones: a pitch is about its own pick, and only what is shown is offered.

The price and the button beside a pitch are those of its pick, so a line that describes another product there sells one
thing under the name of the other. What the reader bought may be named anywhere, but not be put up for sale again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.checks.events import is_denied
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.names import Mention
from evals.world import World

_DETERMINERS = frozenset(
    "the our this these a an another new also that der die das den dem unser unsere unseren ein eine einen auch dir "
    "dich le la les l notre nos ce cette ces un une el los las nuestro nuestra este esta una tambien aussi".split()
)
_IS = re.compile(
    r"(?:is|are) (?:a|an|the|another|one|similar|made|perfect|ideal|great|engraved|crafted|also)\b"
    r"|ha(?:s|ve) (?:a|an|two|three|the)\b|features?\b|comes? (?:with|in)\b|(?:will|would) (?:make|add|look|be)\b"
    r"|makes? (?:a|an)\b|adds?\b|offers?\b|goes\b|looks\b"
    r"|(?:ist|sind) (?:ein|eine|der|die|das|aus|ähnlich|perfekt|ideal)\b|(?:hat|haben) (?:ein|eine|einen)\b"
    r"|passt\b|besteht\b"
    r"|(?:est|sont) (?:un|une|le|la|en|parfait|idéal|similaire)|(?:a|ont) (?:un|une|des)\b|convient\b"
    r"|(?:es|son) (?:un|una|el|la|de|perfect|ideal|similar)|tienen? (?:un|una)\b|combina\b",
    re.IGNORECASE,
)
"""What a thing is said to be, right behind its name."""
_OWNED = re.compile(
    r"(?:that |which |, which )?(?:you(?:'ve| have)?|your) (?:already |just |last )?"
    r"(?:bought|ordered|own|have|got|picked|chose)"
    r"|(?:,? )?(?:die|den|das|der) (?:du|sie)\b|que (?:vous|tu|compraste|tienes|pediste)\b|in your (?:cart|basket)",
    re.IGNORECASE,
)
_INFINITIVE = re.compile(r"[^.!?\n,;]{0,40}\b(?:hinzu\w*|dazu\w*|bestellen|kaufen|mitnehmen)\b", re.IGNORECASE)
_MODAL_DE = re.compile(r"\b(?:kannst|könntest|können|könnten)\b", re.IGNORECASE)
_BOUND_WORDS = 4


@rule("product.not_in_picks", more=True, blocks=frozenset(("pitch",)), when=has(Sign.NAME))
def swapped(passage: Passage, world: World) -> Iterable[Finding]:
    """A pitch that never names its pick and says of another product what that one is or has."""
    pick = passage.pick
    if pick is None or not passage.mentions:
        return
    own = next((number for number, thing in enumerate(world.names.things) if thing.title == pick.facts.name), -1)
    if any(own in mention.things and (mention.strength or len(mention.things) == 1) for mention in passage.mentions):
        return
    for mention in passage.mentions:
        if mention.strength >= 2 and _is_subject(passage, mention) and _is_described(passage, mention):
            title = passage.text[mention.start : mention.end]
            yield Finding(
                (mention.start, mention.end),
                f"This block is about another product than {title}.",
                source=pick.facts.name,
            )
            return


def _is_subject(passage: Passage, mention: Mention) -> bool:
    """The name stands at the beginning of its sentence, at most an article before it."""
    sentence = passage.sentence_at(mention.start)
    before = passage.tokens_in(sentence.start, mention.start)
    return len(before) <= 1 and all(token.word in _DETERMINERS for token in before)


def _is_described(passage: Passage, mention: Mention) -> bool:
    return _IS.match(passage.text[mention.end :].lstrip(' "')) is not None  # « X » est un …


@rule("product.not_in_picks", more=True, when=has(families=("sell.add",), marks=("kannst", "könn")))
def offered(passage: Passage, world: World) -> Iterable[Finding]:
    """ "you can add the …": what is offered is a pick, or in the cart."""
    for mention in passage.mentions:
        things = [world.names.things[number] for number in mention.things]
        shown = any(thing.index >= 0 or "cart" in thing.kinds for thing in things)
        if mention.strength < 2 or shown or not _is_offered(passage, mention):
            continue
        yield Finding((mention.start, mention.end), f"{things[0].title} is offered, but not shown in the e-mail.")


def _is_offered(passage: Passage, mention: Mention) -> bool:
    """A verb of buying leads to the name with only an article between, and the name is not called the reader's own."""
    if _OWNED.match(passage.text[mention.end :].lstrip()):
        return False
    sentence = passage.sentence_at(mention.start)
    for hit in passage.hits("sell.add"):
        between = passage.tokens[hit.last : mention.first]
        leads = hit.last <= mention.first and hit.start >= sentence.start and len(between) <= _BOUND_WORDS
        if leads and all(token.word in _DETERMINERS for token in between) and not is_denied(passage, hit):
            return True
    before = passage.text[sentence.start : mention.start]
    return bool(
        passage.world.language == "de" and _MODAL_DE.search(before) and _INFINITIVE.match(passage.text, mention.end)
    )
