"""How alike e-mails are: near duplicates by MinHash over masked word 5-grams.

"Unique" is measured here: what any mail merge changes (names, numbers, product names) is masked first, and what is
left of two texts is compared. MinHash after Broder, "On the resemblance and containment of documents" (1997), in the
implementation of `rensa` (R-MinHash), with its locality-sensitive hashing to find pairs among many; 5-grams of words
and a Jaccard similarity of 0.8 as Lee et al., "Deduplicating Training Data Makes Language Models Better" (2022), use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rensa import RMinHash, RMinHashLSH

from evals.draft import Draft
from evals.snapshot import Snapshot
from evals.text.dates import MONTHS
from evals.verdict import Severity, Status, Verdict

NEAR = 0.8
"""Jaccard similarity from which two texts say the same."""
GRAM = 5
PERMUTATIONS = 128
"""Standard error of an estimate: sqrt(s (1 - s) / 128), 0.035 at 0.8."""
BANDS = 16
"""16 bands of 8: a pair at 0.8 is looked at with probability 0.95, one at 0.9 with 0.9999."""
SEED = 1
RULE = "sameness.repeats"
VERSION = "2026.1"
_BUTTON = frozenset({"cta"})
"""Buttons say the same everywhere, and may."""
_NAME = "§n"
_NUMBER = "§0"
_TOKEN = re.compile(r"§[n0]|[^\W_]+(?:['’][^\W_]+)*")
_DIGITS = re.compile(r"\d[\d.,:]*")
_MONTH = re.compile(
    rf"(?P<before>{_NUMBER}\.?\s+(?:de\s+)?|\b(?:in|im|since|seit|en|depuis|desde|until|bis)\s+)"
    rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b"
)
"""`on §0 may`, `in march`: a month where a date stands."""


@dataclass(frozen=True)
class Duplicates:
    """The near duplicates among some texts, by their positions."""

    of: int
    """Texts that were compared: those with any word."""
    alike: frozenset[int]
    """Positions of texts that have a near duplicate among the others."""
    pairs: tuple[tuple[int, int], ...]

    @property
    def rate(self) -> float | None:
        """Share of texts with a near duplicate; None when there were none to compare."""
        return len(self.alike) / self.of if self.of else None


@dataclass(frozen=True)
class Said:
    """What an earlier e-mail said."""

    blocks: tuple[tuple[str, str], ...]
    """(key, text)."""
    names: tuple[str, ...] = ()
    """Of the products it showed."""


def mask(text: str, names: Iterable[str] = ()) -> str:
    """`text` in lower case, with each of `names` (longest first), each number and each date's month as one word."""
    masked = text.casefold()
    named = {name.casefold() for name in names if name.strip()}
    # Only those that occur: a pattern of all the names a customer knows is one of its own, and slow to compile.
    known = sorted((name for name in named if name in masked), key=len, reverse=True)
    if known:
        either = "|".join(re.escape(name) for name in known)
        masked = re.sub(rf"(?<!\w)(?:{either})(?!\w)", f" {_NAME} ", masked)
    counted = _DIGITS.sub(f" {_NUMBER} ", masked)
    return _MONTH.sub(rf"\g<before>{_NUMBER}", counted)


def grams(masked: str) -> frozenset[str]:
    """Runs of five words; a shorter text is one run."""
    found = _TOKEN.findall(masked)
    if not found:
        return frozenset()
    return frozenset(" ".join(found[start : start + GRAM]) for start in range(max(1, len(found) - GRAM + 1)))


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of two masked texts' 5-grams, exactly; 0 when either has no word."""
    left, right = grams(one), grams(other)
    return len(left & right) / len(left | right) if left and right else 0.0


def near_duplicates(masked: Sequence[str], threshold: float = NEAR) -> Duplicates:
    """Find texts that say nearly the same, by position. About linear in their number: candidates come from the index
    and are compared exactly, so no pair is reported wrongly.
    """
    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    shingles = [grams(text) for text in masked]
    pairs: list[tuple[int, int]] = []
    for place, own in enumerate(shingles):
        if not own:
            continue
        print_ = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
        print_.update(sorted(own))
        pairs += [
            (earlier, place) for earlier in sorted(index.query(print_)) if _near(shingles[earlier], own, threshold)
        ]
        index.insert(place, print_)
    alike = frozenset(place for pair in pairs for place in pair)
    return Duplicates(of=sum(map(bool, shingles)), alike=alike, pairs=tuple(pairs))


def _near(one: frozenset[str], other: frozenset[str], threshold: float) -> bool:
    return len(one & other) >= threshold * len(one | other)


def prose(blocks: Iterable[tuple[str, str]], names: Iterable[str]) -> str:
    """The masked text of an e-mail that its writer is answerable for: (key, text) of its blocks, buttons left out."""
    said = "\n".join(text for key, text in blocks if key not in _BUTTON)
    return mask(said, ("{first_name}", *names))


def names_in(snapshot: Snapshot) -> tuple[str, ...]:
    """What a mail merge would fill in: the recipient, products shown or bought, the brand."""
    person = snapshot.person
    bought = (order.product for order in person.orders)
    shown = (product.name for product in snapshot.products)
    own = (person.first_name or "", snapshot.brand.name)
    return (*own, *shown, *bought, *person.cart, *snapshot.other_titles)


def repeats(snapshot: Snapshot, draft: Draft, earlier: Sequence[Said]) -> Verdict:
    """Whether this e-mail says what one of the customer's last ones said.

    A warning: a customer who gets the same text twice is bored, not deceived.
    """
    if not earlier:
        return Verdict(rule=RULE, status=Status.NOT_JUDGED, severity=Severity.WARN, block="message", version=VERSION)
    # All texts are masked by all names, or a product that only one of them shows would tell them apart.
    names = (*names_in(snapshot), *(name for said in earlier for name in said.names))
    text = prose(((block.key, block.text) for block in draft.blocks), names)
    nearest = max(similarity(text, prose(said.blocks, names)) for said in earlier)
    if nearest < NEAR:
        return Verdict(rule=RULE, status=Status.PASS, severity=Severity.WARN, block="message", version=VERSION)
    return Verdict(
        rule=RULE,
        status=Status.FAIL,
        severity=Severity.WARN,
        block="message",
        reason=f"It says what an earlier e-mail to this customer said: {nearest:.0%} of the phrases are in both.",
        source="the customer's last e-mails",
        version=VERSION,
    )
