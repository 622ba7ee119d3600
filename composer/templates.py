"""The bottom rungs of the ladder: blocks filled from `prompts/fallbacks`, without a model.

Pure and deterministic: the same fallback, task and seed give the same text. Two customers differ because the
lines differ by what is known (cart, purchase, interest, offer …) and, among equally good lines, by the seed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NamedTuple, cast

from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from composer.formats import language_name
from composer.ladder import NoSafeText, Templates
from composer.reasoned import lead_tied, runs_low
from composer.styles import cta_style, subject_style
from composer.template_values import brand_values, memory_values, offer_values, pick_values
from composer.writing import WriteTask
from evals.draft import BLOCK_ORDER, Block, Draft
from evals.snapshot import Snapshot
from prompts.environment import short_name, text_environment
from prompts.library import Library
from prompts.model import BlockName, Fallback, FallbackLine

_LONGEST: dict[str, int] = {
    "subject": 60, "preheader": 110, "opening": 400, "pitch": 300, "closing": 200, "cta": 28,
}  # fmt: skip
"""Characters a filled line may have; one that grows longer through a long name gives way to a plainer one."""
_SHOWN_WHOLE = 50
"""Characters of a subject on a phone (`message.display`)."""
_BEST = 3
"""How many of the best lines are offered before the plainest one, which quotes nothing from outside."""
_QUOTES_ONLY = re.compile(r"\{\{[^{}]*\}\}")
"""A line without words of its own: only what is said of the product."""
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
"""A name that ends in a full stop, as some feeds write them, at the end of a sentence."""
_TELLING = frozenset({"highlight", "description"})
_ANGLE_TO_NEED = {"attributes": "highlight", "offer": "offer", "cart": "cart", "purchase": "purchase",
                  "interest": "interest", "sale": "sale"}  # fmt: skip


class Filled(NamedTuple):
    """A line and what became of it."""

    line: FallbackLine
    text: str


class BlockTemplates:
    """Fills the blocks of one e-mail. Implements `composer.ladder.Templates`."""

    def __init__(self, fallback: Fallback, task: WriteTask, seed: int) -> None:
        self._fallback = fallback
        self._task = task
        self._seed = seed
        self._offered: dict[str, tuple[list[Filled], Iterator[Filled]]] = {}
        """By key: the lines filled so far, and those to come."""

    def block(self, key: str, variant: int = 0) -> Block:
        """The block for `subject`, …, `pitch:<product id>`.

        `variant` 0 fits best; later ones are further down, and from the fourth (3) on they rest on nothing but
        the brand. Past the last variant the last one is given again.
        Raises KeyError for a pitch about a product that is no pick.
        """
        text = self._choice(key, variant).text
        name, _, product_id = key.partition(":")
        return Block.model_validate({"name": name, "text": text, "product_id": product_id or None})

    def _choice(self, key: str, variant: int) -> Filled:
        """Lines are filled no further than somebody asked: the first one nearly always does."""
        if key not in self._offered:
            name, _, product_id = key.partition(":")
            position = self._positions[product_id] if product_id else 0
            pick = self._picks[position] if product_id else None
            filled = (Filled(line, self._fill(line, pick)) for line in self._ordered(name, position, pick))
            self._offered[key] = [], _arranged(self._in_style(name, filled), _LONGEST[name])
        known, further = self._offered[key]
        known += islice(further, max(0, variant + 1 - len(known)))
        return known[min(variant, len(known) - 1)]

    def _ordered(self, name: str, position: int, pick: Mapping[str, str] | None) -> list[FallbackLine]:
        """Best match first; the seed orders equals, and the position turns them so that pitches differ.

        A line whose own words lead an earlier pitch comes last: nobody should read the same remark twice.
        """
        groups: dict[int, list[FallbackLine]] = {}
        for line in sorted(self._fitting(name, position, pick), key=lambda line: _dice(self._seed, name, line.text)):
            groups.setdefault(self._match(line), []).append(line)
        ordered = [line for score in sorted(groups, reverse=True) for line in _turned(groups[score], position)]
        earlier = [f"{name}:{other['id']}" for other in self._picks[:position]]
        taken = {self._choice(key, 0).line for key in earlier}
        if not taken:
            return ordered
        return sorted(ordered, key=lambda line: line in taken and not _QUOTES_ONLY.fullmatch(line.text))

    def _in_style(self, name: str, filled: Iterable[Filled]) -> Iterable[Filled]:
        """Those in the style that was drawn first, of these those that a phone shows whole.

        Told by the filled text: a long name or an offer can change the style.
        """
        titles = [product.name for product in self._task.snapshot.products]
        if name == "subject" and self._task.subject:
            return sorted(filled, key=lambda one: self._off(subject_style(one.text, titles), one.text))
        if name == "preheader" and self._task.says_once:
            return _after(filled, self._in_subject)
        if name == "cta" and self._task.cta:
            return sorted(filled, key=lambda one: cta_style(one.text, titles) != self._task.cta)
        return filled

    @cached_property
    def _in_subject(self) -> frozenset[str]:
        """What the subject names, of all that a preheader may name too: side by side it would be read twice. Beside a
        price no other product is named, which might be read as the price of that.
        """
        subject = self._choice("subject", 0).text.casefold()
        if self._task.subject == "product" and self._task.subject_leads:
            subject += f" {self._picks[0]['short'].casefold()}" if self._picks else ""
        memory, first = self._context["memory"], self._picks[:1]
        names = [*memory["cart"][:1], memory["last_purchase"], *(pick["name"] for pick in first)]
        told = [*map(short_name, names), self._context["offer"].get("phrase"), *(pick["price"] for pick in first)]
        said = {one.casefold() for one in told if one and one.casefold() in subject}
        priced = any(pick["price"] and pick["price"].casefold() in subject for pick in first)
        return frozenset(said.union(pick["short"].casefold() for pick in self._picks[1:2] if priced))

    def _off(self, style: str, subject: str) -> tuple[bool, bool]:
        return style != self._task.subject, len(subject) > _SHOWN_WHOLE

    def _fitting(self, name: str, position: int, pick: Mapping[str, str] | None) -> list[FallbackLine]:
        """The lines for this step whose needs are all met."""
        at_hand = self._at_hand | (_of_pick(pick) if pick else frozenset())
        if pick and self._leads(position):
            at_hand |= {"lead"}
        lines = self._fallback.blocks[cast(BlockName, name)]
        for_step = [line for line in lines if not line.steps or self._task.step in line.steps]
        return [line for line in for_step if at_hand.issuperset(line.needs)]

    def _leads(self, position: int) -> bool:
        """True when the pick is what the flow is about: the first one, and others in the cart or running low."""
        lead, snapshot = self._task.flow.picks.lead, self._task.snapshot
        product = snapshot.products[position]
        in_cart = "cart" in lead and product.name in snapshot.person.cart
        # What was bought before may last for ever: only its reason says that it is used up.
        again = runs_low(product, snapshot.locale) if self._task.by_reasons else self._was_bought(product.name)
        return bool(lead) and (position == 0 or in_cart or ("running_low" in lead and again))

    def _was_bought(self, name: str) -> bool:
        return any(order.product == name for order in self._task.snapshot.person.orders)

    def _match(self, line: FallbackLine) -> int:
        """A line for this step, on the decided angle or about the product says more than one that fits any.

        A product's own sentence was written to be read; its attributes strung together were not.
        """
        wanted = {_ANGLE_TO_NEED.get(need, "") for need in self._task.angle.needs}
        needs = {"offer" if need.startswith("offer") else need for need in line.needs}
        telling = 2 * bool(needs & (wanted | _TELLING)) + ("description" in needs)
        return bool(line.needs) + bool(line.steps) + telling

    def _fill(self, line: FallbackLine, pick: Mapping[str, str] | None) -> str:
        wording = self._fallback.wording
        words = wording.spelt(line.text, self._task.snapshot.locale)
        text = _compiled(words).render(self._context, pick=pick or {})
        return wording.nested(wording.spaced(_TWO_STOPS.sub(".", text) if self._task.says_once else text))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {product.id: index for index, product in enumerate(self._task.snapshot.products)}

    @cached_property
    def _picks(self) -> list[dict[str, str]]:
        snapshot = self._task.snapshot
        return [
            pick_values(product, snapshot.locale, self._fallback.phrases, self._fallback.wording)
            for product in snapshot.products
        ]

    @cached_property
    def _context(self) -> dict[str, Any]:
        snapshot = self._task.snapshot
        return {
            "brand": brand_values(snapshot, self._seed),
            "picks": self._picks,
            "offer": offer_values(snapshot, self._fallback.wording),
            "memory": memory_values(snapshot, self._task.flow, by_reasons=self._task.by_reasons),
            "step": self._task.step,
            "length": self._task.length,
        }

    @cached_property
    def _at_hand(self) -> frozenset[str]:
        """Which needs are met for the e-mail as a whole (`prompts.vocabulary.LINE_NEEDS`)."""
        memory, offer, brand = (self._context[name] for name in ("memory", "offer", "brand"))
        tied = lead_tied(self._task.snapshot)
        met = {
            "cart": memory["cart"],
            "purchase": memory["last_purchase"],
            "tied": tied.bought and tied.bought == memory["last_purchase"],
            "goes_with": memory["last_purchase"] and tied == ("goes_with", memory["last_purchase"]),
            "alike": memory["last_purchase"] and tied == ("alike", memory["last_purchase"]),
            "interest": memory["top_category"],
            "basket": memory["basket"] and not offer,
            "offer": offer,
            "offer_code": offer.get("code"),
            "offer_expires": offer.get("expires"),
            "one": len(self._picks) == 1,
            "several": len(self._picks) > 1,
            "pick": self._picks,
            "brand_fact": brand["fact"],
            "returns": brand["returns_days"],
            # Two thresholds in one e-mail would be read as one.
            "free_shipping_over": brand["free_shipping_over"] and not offer,
        }
        first = _of_pick(self._picks[0]) if self._picks else frozenset()
        return frozenset(need for need, there in met.items() if there) | (first & {"price", "sale"})


class NoTemplates:
    """In place of templates in a language that has none: says so when one is asked for, and never speaks English.

    Implements `composer.ladder.Templates`.
    """

    def __init__(self, locale: str, languages: Iterable[str]) -> None:
        self._said = no_templates(locale, languages)

    def block(self, key: str, variant: int = 0) -> Block:
        """Raises NoSafeText with the languages there are."""
        raise NoSafeText(self._said, pointer=key, reason="no_templates")


def no_templates(locale: str, languages: Iterable[str]) -> str:
    """`This shop writes in Italian; templates exist in de, en.`"""
    return f"This shop writes in {language_name(locale)}; templates exist in {', '.join(sorted(languages))}."


def templates_for(library: Library, task: WriteTask, seed: int) -> Templates:
    """Those of the flow in the language of the e-mail, or what refuses in their place."""
    flow, locale = task.flow.name, task.snapshot.locale
    if not library.speaks(flow, locale):
        return NoTemplates(locale, library.languages)
    return BlockTemplates(library.fallback(flow, locale), task, seed)


def draft_keys(snapshot: Snapshot) -> tuple[str, ...]:
    """The keys of a complete draft in reading order, one pitch a pick."""
    pitches = [f"pitch:{product.id}" for product in snapshot.products]
    return tuple(key for name in BLOCK_ORDER for key in (pitches if name == "pitch" else [name]))


def template_email(templates: BlockTemplates, snapshot: Snapshot) -> Draft:
    """A whole e-mail without a model: every block at its best match."""
    return Draft(blocks=tuple(templates.block(key) for key in draft_keys(snapshot)))


def _arranged(filled: Iterable[Filled], longest: int) -> Iterator[Filled]:
    """The best few that are short enough, then every other line that needs nothing; else the shortest of all."""
    short, long = 0, list[Filled]()
    for one in filled:
        if len(one.text) > longest:
            long.append(one)
            continue
        if short < _BEST or not one.line.needs:
            yield one
        short += 1
    if not short:
        yield min(long, key=lambda one: len(one.text))


def _after(filled: Iterable[Filled], said: frozenset[str]) -> Iterator[Filled]:
    """The lines that name nothing of what was `said`, then the others; last of all a line that is ours alone."""
    again, plain = list[Filled](), list[Filled]()
    for one in filled:
        if any(part in one.text.casefold() for part in said):
            again.append(one)
            continue
        plain += [] if one.line.needs else [one]
        yield one
    yield from again
    yield from plain


def _of_pick(pick: Mapping[str, str]) -> frozenset[str]:
    """Which needs one pick meets."""
    met = {name for name in ("price", "category", "highlight", "description") if pick[name]}
    return frozenset(met | ({"sale"} if pick["compare_at"] else set()))


def _dice(seed: int, *parts: str) -> bytes:
    return hashlib.sha256("\x00".join((str(seed), *parts)).encode()).digest()


def _turned(lines: list[FallbackLine], by: int) -> list[FallbackLine]:
    turn = by % len(lines)
    return lines[turn:] + lines[:turn]


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return text_environment()


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Template:
    return _environment().from_string(text)
