"""Why a product is in an e-mail, in words a customer may read, and the evidence for whoever reviews it.

Use is not say: purchases and the basket may be named; what was viewed, searched or inferred is said no closer
than a category, and never with a count or a quoted query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from catalog.candidates import Candidate, Cause
from catalog.columns import key
from catalog.likeness import is_similar
from catalog.model import Evidence, PickKind
from catalog.reason_words import ReasonWords, words_for
from catalog.sameness import Families
from catalog.text import short_title
from catalog.view import CatalogView

SAYABLE_NAMES = frozenset(
    {
        "color", "colour", "material", "flavour", "flavor", "style", "pattern", "fabric",
        "farbe", "geschmack", "stil", "muster", "stoff",
        "couleur", "matière", "matiere", "saveur", "motif", "tissu",
        "sabor", "estilo", "estampado", "tejido",
    }
)  # fmt: skip
"""Attributes whose value speaks for itself: "because you like linen"."""
UNSAYABLE_NAMES = frozenset(
    {
        "size", "gender", "age_group", "age", "condition", "größe", "grösse", "geschlecht", "alter", "zustand",
        "taille", "genre", "sexe", "âge", "état", "talla", "género", "sexo", "edad", "estado",
    }
)  # fmt: skip
"""Attributes that describe a person more than a product."""
FORM_NAMES = frozenset({"form", "format", "type", "kind", "art", "typ", "forme", "forma", "tipo"})
"""Attributes whose own name makes no sense behind the value: nobody likes "whole bean form"."""
MAX_EVIDENCE = 3
MASS_NOUNS = frozenset(
    "soap tea coffee linen bedding stationery cookware tableware glassware bakeware cutlery bread honey chocolate "
    "cheese wine jewellery jewelry clothing footwear furniture lighting skincare haircare paper ink yarn fabric".split()
)
"""Categories in the singular that are common nouns all the same."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Finds words; one for each e-mail, so that it can vary them."""

    view: CatalogView
    now: datetime
    locale: str = "en"
    """BCP 47: the language of the e-mail."""

    @property
    def words(self) -> ReasonWords:
        """The wordings of its language."""
        return words_for(self.locale)

    def reason(self, candidate: Candidate, kind: PickKind, used: set[str]) -> str:
        """The first wording of this kind that no other pick of the e-mail has; sentence case, no full stop."""
        wordings = _WORDINGS[kind](self, candidate.row, candidate.reasons[kind][1])
        return next((words for words in wordings if words not in used), wordings[-1])

    def bought_title(self, cause: Cause) -> str | None:
        """The speakable title of the product behind a cause, if the catalog still has it."""
        row = self.view.row_of.get(cause.signal.product_id) if cause.signal else None
        return None if row is None else short_title(self.view.title(row))

    def category(self, row: int) -> str | None:
        """The product's category as it reads within a sentence."""
        name = self.view.category(row)
        return self.spoken(name) if name else None

    def spoken(self, name: str) -> str:
        """A category within a sentence of this language."""
        return spoken(name) if self.words.lowers else name

    def signals(self, candidate: Candidate) -> list[tuple[PickKind, float, Evidence]]:
        """All that speaks for a candidate, the strongest first: kind, strength (0..1), and what it rests on."""
        ordered = sorted(candidate.reasons.items(), key=_loudest)
        return [(kind, value, _evidence(self, candidate.row, kind, cause)) for kind, (value, cause) in ordered]

    def part_of_path(self, row: int, name: str) -> str | None:
        """The part of the product's category path that is called so, as it reads within a sentence."""
        wanted = key(name.split(">")[-1])
        parts = (part.strip() for part in self.view.path(row).split(">"))
        return next((self.spoken(part) for part in parts if key(part) == wanted), None)

    def evidence(self, candidate: Candidate, kind: PickKind) -> tuple[Evidence, ...]:
        """What the reason of this kind rests on, then what else speaks most for it; for reviewers, not for the text."""
        told = sorted(candidate.reasons.items(), key=lambda item: (item[0] != kind, *_loudest(item)))
        return tuple(_evidence(self, candidate.row, of, cause) for of, (_, cause) in told[:MAX_EVIDENCE])


def _loudest(reason: tuple[PickKind, tuple[float, Cause]]) -> tuple[float, str]:
    """What orders reasons: the strongest first, equals by name."""
    kind, (strength, _) = reason
    return -strength, kind


def spoken(name: str) -> str:
    """A category within a sentence: "Green tea" → "green tea", "Teapots" → "teapots"; names stay as they are.

    Only sentence-case phrases and single plurals are surely common nouns: not "Assam", "Nintendo Games".
    """
    first, *others = name.split()
    if not others and first.lower() in MASS_NOUNS:
        return first.lower()
    ordinary = first[1:].islower() and all(word.islower() or word == "&" for word in others)
    return name[0].lower() + name[1:] if ordinary and (others or name.endswith("s")) else name


def coarse(locale: str) -> str:
    """The reason that says no more than that it was chosen for this person."""
    return words_for(locale).say("coarse")[0]


def _coarsely(teller: Teller, *closer: str) -> list[str]:
    """`closer` wordings, then those that say no more than that it was chosen for this person."""
    return [*closer, *teller.words.say("coarse")]


def _liking(teller: Teller, category: str | None) -> list[str]:
    """For what is inferred: a category, and no closer."""
    return _coarsely(teller, *teller.words.say("liking", category=category)) if category else _coarsely(teller)


def _about(teller: Teller, row: int, cause: Cause) -> list[str]:
    """The category they dealt with, if this product is of it: somebody who looked at mugs likes no teapots for all we
    know, but both may be of one department.
    """
    if cause.signal is None:
        return _liking(teller, teller.category(row))
    seed = teller.view.row_of.get(cause.signal.product_id)
    if seed is None:
        return _coarsely(teller)
    if seed == row or teller.view.category(seed) == teller.view.category(row):
        return _liking(teller, teller.category(row))
    shelf = teller.view.shelf(row)
    return _liking(teller, teller.spoken(shelf) if shelf and teller.view.same_shelf(seed, row) else None)


def _plainly(key_: str) -> Callable[[Teller, int, Cause], list[str]]:
    """For a kind whose words name nothing."""
    return lambda teller, row, cause: teller.words.say(key_)


def _source(cause: Cause) -> str:
    return "cart" if cause.signal is not None and cause.signal.kind == "carted" else "bought"


def _of_one_name(teller: Teller, row: int, cause: Cause) -> list[str]:
    """For a product that shares its name with the one behind the cause: under another code, or in another size. To a
    reader no product is similar to itself. Empty for any other.
    """
    if cause.signal is None:
        return []
    other = teller.view.row_of[cause.signal.product_id]
    titles = [teller.view.title(one) for one in (row, other)]
    if len({key(short_title(title)) for title in titles}) > 1 or Families(teller.view).are_two(row, other):
        return []
    same = _source(cause) == "bought" and len({key(title) for title in titles}) == 1
    return teller.words.say("buy_again") if same else _about(teller, row, cause)


def _goes_with(teller: Teller, row: int, cause: Cause) -> list[str]:
    title = teller.bought_title(cause)
    if title is None:
        return teller.words.say("goes_with")
    if twin := _of_one_name(teller, row, cause):
        return twin
    # One coffee does not go with another: what is known of two of a kind is that they are bought together.
    tie = "together" if _is_of_its_kind(teller, row, cause) else "goes_with"
    return teller.words.say(f"{tie}_{_source(cause)}", title=title)


def _is_of_its_kind(teller: Teller, row: int, cause: Cause) -> bool:
    """Whether a product stands in the very category of the one behind the cause."""
    seed = teller.view.row_of.get(cause.signal.product_id) if cause.signal else None
    return seed is not None and teller.view.category(seed) == teller.view.category(row) is not None


def _like_bought(teller: Teller, row: int, cause: Cause) -> list[str]:
    title = teller.bought_title(cause)
    if title is None:
        return _about(teller, row, cause)
    if twin := _of_one_name(teller, row, cause):
        return twin
    other = teller.view.row_of.get(cause.signal.product_id) if cause.signal else None
    if other is None or not is_similar(teller.view, row, other):
        # Near enough to be meant for them, not so near that they would call it similar.
        return _about(teller, row, cause)
    return teller.words.say(f"like_{_source(cause)}", title=title)


def _interest(teller: Teller, row: int, cause: Cause) -> list[str]:
    if cause.interest is None:
        return _about(teller, row, cause)
    kind, value = cause.interest
    if kind == "brand":
        return teller.words.say("brand", name=teller.view.brand(row) or value)
    if kind == "attribute":
        name, _, quality = (part.strip() for part in value.partition("="))
        return _about_attribute(teller, row, name.casefold(), quality)
    return _liking(teller, teller.part_of_path(row, value))


def _about_attribute(teller: Teller, row: int, name: str, quality: str) -> list[str]:
    plain = quality.replace(" ", "").replace("-", "").isalpha()
    if not plain or name in UNSAYABLE_NAMES | FORM_NAMES:
        return _coarsely(teller, *_within(teller, row, "shelf"))
    liked = quality.lower() if teller.words.lowers else quality
    if name in SAYABLE_NAMES:
        return _coarsely(teller, *teller.words.say("quality", quality=liked))
    return _coarsely(teller, *teller.words.say("named_quality", quality=liked, attribute=name.replace("_", " ")))


def _within(teller: Teller, row: int, key_: str) -> list[str]:
    """What is true of the product whoever reads: the category it stands in."""
    category = teller.category(row)
    return teller.words.say(key_, category=category) if category else []


def _popular(teller: Teller, row: int, cause: Cause) -> list[str]:
    if cause.named:
        return teller.words.say("highlight")
    rows = teller.view.columns.popular[: max(1, len(teller.view.columns.popular) // 2)]
    among = _within(teller, row, "popular_in") if row not in rows else []
    return [*among, *teller.words.say("popular")]


def _new(teller: Teller, row: int, cause: Cause) -> list[str]:
    first, *others = teller.words.say("new")
    return [first, *_within(teller, row, "new_in"), *others]


def _theme(teller: Teller, row: int, cause: Cause) -> list[str]:
    """The brief asked for it, or nobody did; of the person it says nothing."""
    return [*_within(teller, row, "theme_in"), *teller.words.say("theme")]


_WORDINGS: dict[PickKind, Callable[[Teller, int, Cause], list[str]]] = {
    "cart": _plainly("cart"), "wished": _plainly("wished"), "viewed": _about, "searched": _about,
    "running_low": _plainly("running_low"), "buy_again": _plainly("buy_again"),
    "goes_with": _goes_with, "like_bought": _like_bought, "interest": _interest,
    "popular": _popular, "new": _new, "theme": _theme,
}  # fmt: skip

_DID = {"carted": "in the basket", "wished": "wished for", "viewed": "viewed", "bought": "bought"}


def _evidence(teller: Teller, row: int, kind: PickKind, cause: Cause) -> Evidence:
    if cause.signal is not None:
        signal = cause.signal
        title = teller.bought_title(cause) or signal.product_id
        text = f"{kind}: {title} {_DID.get(signal.kind, signal.kind)} on {signal.at:%d %b %Y}"
        if cause.baskets:
            text += f", together in {cause.baskets} baskets"
        if cause.learned:
            text += "; learned from what other customers went on to buy"
        if cause.also:
            text += ", as " + ", ".join(one.product_id for one in cause.also)
        if signal.sources:
            return Evidence(kind="event", ref=signal.sources[0], text=text)
        return Evidence(kind="product", ref=signal.product_id, text=text)
    if cause.interest is not None:
        name, value = cause.interest
        return Evidence(kind="interest", ref=f"{name}={value}", text=f"{kind}: leans to {name} {value}")
    if cause.search is not None:
        return Evidence(kind="search", ref="searches", text=f"{kind}: matches the words of a search")
    if cause.named:
        return Evidence(kind="feed", ref="only_ids", text="named in the brief")
    if cause.spread:
        return Evidence(kind="feed", ref="added_at", text="spread: the shop has sold next to nothing yet")
    if cause.theme is not None:
        return Evidence(kind="search", ref="brief.products", text=f"theme: fits “{cause.theme}” of the brief")
    return _shop_evidence(teller, row, kind)


def _shop_evidence(teller: Teller, row: int, kind: PickKind) -> Evidence:
    if kind == "new":
        return Evidence(kind="feed", ref="added_at", text="new: added to the catalog of late")
    share = float(teller.view.columns.popularity[row])
    text = f"popular: {share:.0%} of the best seller's demand"
    return Evidence(kind="popularity", ref="popularity", text=text)
