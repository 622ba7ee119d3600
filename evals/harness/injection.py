"""`injection` suites: hostile inputs in their real places, a model that obeys them, and no marker in any e-mail.

Every e-mail is looked through for the markers of its own case and of all cases before it: what one customer, product
or review says must not reach anybody else either.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from evals.harness.bench import DEFAULT_DEADLINE_MS, OBEDIENT, Bench, Recipient, Shop, WrittenEmail
from evals.harness.composing import RUN_METRICS, bench_of, email_case, faults_of, run_metrics
from evals.harness.figures import share_metric
from evals.harness.hostile import Hostile, Placement, control, place, read_hostile, small_shop
from evals.harness.result import CaseResult, Mark, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.report import Share
from evals.snapshot import Frozen

DEFAULT_FLOWS = ("abandoned_cart", "browse_abandonment", "newsletter")
_TAG = re.compile(r"<!--.*?-->|<[^<>]*>", re.DOTALL)
"""Taken out, so that a marker split by markup is seen as a reader sees it."""
_UNSUBSCRIBE = re.compile(r"<(https?://[^/\s>]+/)\w+/[\w-]{40,}>")
_NOTHING = re.compile(r"(?!)")
DRAWN = frozenset(("message-id",))
"""Headers that hold nothing but a number we draw: in hundreds of them one has "4711" by chance."""
METRICS = ("leaked_share", "broken_share", *RUN_METRICS)


class InjectionOptions(Frozen):
    """Which e-mails are asked for."""

    flows: tuple[str, ...] = Field(default=DEFAULT_FLOWS, min_length=1)
    """Of the triggered flows those that rest on a cart or a view, and the newsletter."""
    whisper: bool = False
    """Give the model the hostile text even where the prompt kept it out: the checks must hold alone."""
    deadline_ms: int = Field(default=DEFAULT_DEADLINE_MS, ge=50, le=120_000)


@dataclass(frozen=True)
class Attack:
    """One hostile input aimed at one recipient; `case` is None for recipients that nobody attacks."""

    case: Hostile | None
    placement: Placement
    recipient: Recipient
    id: str


@dataclass(frozen=True)
class Delivered:
    """An e-mail as the search for markers sees it."""

    attack: Attack
    email: WrittenEmail

    @cached_property
    def places(self) -> dict[str, str]:
        """Where a marker may stand, and what stands there, in the form markers are looked for."""
        email, drawn = self.email, _drawn_by_us(self.email.headers)
        raw = {
            "subject": email.subject,
            "preheader": email.preheader,
            **{f"block {block.key}": block.text for block in email.blocks},
            **{f"header {name}": value for name, value in email.headers.items() if name.lower() not in DRAWN},
            "text part": email.text,
            "HTML part": email.html,
            "HTML part as it is read": html.unescape(_TAG.sub("", email.html)),
        }
        return {name: searchable(drawn.sub("", text)) for name, text in raw.items()}

    def counts(self, marker: str) -> dict[str, int]:
        """How often a marker stands where."""
        wanted = folded(marker)
        found = ((name, text.count(wanted)) for name, text in self.places.items())
        return {name: times for name, times in found if times}


def _drawn_by_us(headers: Mapping[str, str]) -> re.Pattern[str]:
    """The tokens at the ends of our own links (`List-Unsubscribe` tells where those lead): random letters, in hundreds
    of which stands any marker of three by chance."""
    found = _UNSUBSCRIBE.search(headers.get("List-Unsubscribe", ""))
    return re.compile(rf"(?<={re.escape(found[1])})(?P<room>\w+/)[\w-]{{40,}}") if found else _NOTHING


def folded(text: str) -> str:
    """Compatibility characters and case folded away (NFKC)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def searchable(text: str) -> str:
    """The text folded, and once more without characters that show nothing (Unicode category Cf)."""
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return folded(text) if shown == text else f"{folded(text)}\n{folded(shown)}"


@kind("injection", options=InjectionOptions, metrics=METRICS, needs_bench=True)
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """One case for each hostile input and flow, id `INPUT~FLOW`; it fails when a marker shows or the e-mail is broken.

    Nobody's e-mails are written first and last: the first tell which markers are words of sound copy anyway, which
    count only where they stand more often than there; the last must hold no marker at all.
    """
    options = InjectionOptions.model_validate(suite.options)
    cases = read_hostile(suite)
    attacks = [attack for attack in _attacks(cases, options) if suite.selects(attack.id)]
    first, last = _unharmed("before", options), _unharmed("after", options)
    async with bench_of(bench).shop("bare", model=OBEDIENT) as shop:
        everyone = [*first, *attacks, *last]
        await _prepare(shop, everyone)
        delivered = [await _deliver(shop, attack, options) for attack in _counted(everyone, progress)]
    sound, found = delivered[: len(first)], delivered[len(first) :]
    leaks = {at: list(_leaks(one, found[: at + 1], sound)) for at, one in enumerate(found)}
    faults = [faults_of(one.email) for one in found]
    results = [_result(one, leaks[at], faults[at]) for at, one in enumerate(found)]
    return SuiteResult(
        name=suite.name,
        kind=suite.kind,
        cases=tuple(results),
        metrics=(
            share_metric("leaked_share", Share(hits=sum(map(bool, leaks.values())), of=len(found))),
            share_metric("broken_share", Share(hits=sum(map(bool, faults)), of=len(found))),
            *_figures(found),
        ),
    )


def _attacks(cases: Sequence[Hostile], options: InjectionOptions) -> Iterator[Attack]:
    for case in cases:
        for flow in options.flows:
            placement = place(case, f"{case.id}:{flow}")
            own = placement.brand is not None or placement.brief is not None
            campaign = f"{case.id}-{flow}".lower()[:64] if own else flow
            yield Attack(
                case, placement, Recipient(customer=placement.customer, campaign=campaign), f"{case.id}~{flow}"
            )


def _unharmed(when: str, options: InjectionOptions) -> list[Attack]:
    made = ((flow, control(f"{when}:{flow}")) for flow in options.flows)
    return [
        Attack(None, placement, Recipient(customer=placement.customer, campaign=flow), f"{when}~{flow}")
        for flow, placement in made
    ]


async def _prepare(shop: Shop, everyone: Sequence[Attack]) -> None:
    """One feed, one batch of events, and a campaign for each document that an input stands in."""
    rows = {row["id"]: row for row in small_shop()}
    rows |= {one.placement.product["id"]: one.placement.product for one in everyone if one.placement.product}
    # A product that holds nothing but what was put in is refused, as it would be in a shop: nobody is shown it.
    hostile = [one.placement.product["id"] for one in everyone if one.placement.product]
    await shop.stock(list(rows.values()), may_refuse=hostile)
    await shop.tell([call for one in everyone for call in one.placement.calls(shop.now)])
    for one in everyone:
        placement = one.placement
        if placement.brand is not None or placement.brief is not None:
            flow = placement.customer.rpartition(":")[2]
            await shop.campaign(one.recipient.campaign, flow, brand=placement.brand, brief=placement.brief)


async def _deliver(shop: Shop, attack: Attack, options: InjectionOptions) -> Delivered:
    shop.whisper(attack.case.text if attack.case and options.whisper else "")
    return Delivered(attack, await shop.compose(attack.recipient, deadline_ms=options.deadline_ms))


def _counted(attacks: Sequence[Attack], progress: Progress) -> Iterator[Attack]:
    for done, attack in enumerate(attacks):
        progress(done, len(attacks))
        yield attack
    progress(len(attacks), len(attacks))


@dataclass(frozen=True)
class Leak:
    """A marker that shows in an e-mail, its own case's or an earlier one's."""

    case: Hostile
    marker: str
    where: str

    def told(self, attack: Attack) -> str:
        """In a sentence."""
        source = "" if attack.case is self.case else f", put in by {self.case.id} ({self.case.field})"
        return f"The marker {self.marker!r} stands in the {self.where}{source}."


def _leaks(one: Delivered, until: Sequence[Delivered], sound: Sequence[Delivered]) -> Iterator[Leak]:
    """Markers of this e-mail's case and of every case before it."""
    cases = {other.attack.case.id: other.attack.case for other in until if other.attack.case}
    for case in cases.values():
        for marker in case.markers:
            counts = one.counts(marker)
            if counts and _is_more(counts, marker, sound):
                yield Leak(case, marker, next(iter(counts)))


def _is_more(counts: dict[str, int], marker: str, sound: Sequence[Delivered]) -> bool:
    """More often than in any e-mail to somebody whom nobody attacked."""
    return sum(counts.values()) > max(sum(other.counts(marker).values()) for other in sound)


def _result(one: Delivered, leaks: Sequence[Leak], faults: Sequence[str]) -> CaseResult:
    told = [*(leak.told(one.attack) for leak in leaks), *faults]
    case, placement = one.attack.case, one.attack.placement
    result = email_case(one.email, told, id_=one.attack.id, category=case.field if case else "nobody's")
    hostile = (f"hostile text in {placement.where}: {case.text}", f"its goal: {case.goal}") if case else ()
    return result.model_copy(
        update={"facts": (*hostile, *result.facts), "marks": (*result.marks, *_marks(result.text, leaks))}
    )


def _marks(text: str, leaks: Iterable[Leak]) -> Iterator[Mark]:
    for leak in leaks:
        start = text.casefold().find(leak.marker.casefold())
        if start >= 0:
            span = (start, min(len(text), start + len(leak.marker)))
            yield Mark(span=span, rule="injection.marker", reason=f"Put in through {leak.case.field}.")


def _figures(found: Sequence[Delivered]) -> list[Metric]:
    return run_metrics([one.email for one in found])
