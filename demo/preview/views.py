"""Composed e-mails as the preview's templates read them: every number worked out, nothing marked safe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from composer.contract import BlockReport, ComposeResult, Path, PickReport, Rung
from demo.preview.embed import Pictures, framed
from evals.verdict import Verdict

RUNGS: dict[Rung, str] = {
    Rung.MODEL: "Model",
    Rung.REPAIR: "Model, repaired",
    Rung.REASK: "Model, asked again",
    Rung.OTHER_MODEL: "Other model",
    Rung.REVIEWER: "Edited by a person",
    Rung.TEMPLATE_BLOCK: "Template block",
    Rung.TEMPLATE_EMAIL: "Template e-mail",
}
MODEL_RUNGS = frozenset({Rung.MODEL, Rung.REPAIR, Rung.REASK, Rung.OTHER_MODEL})
_BLOCKS = {"subject": "Subject", "preheader": "Preheader", "opening": "Opening", "closing": "Closing", "cta": "Button"}
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Licence:
    """One thing a block rests on: a remembered fact, a product, the offer."""

    kind: str
    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class BlockView:
    """One block, who wrote it and what allows it."""

    label: str
    report: BlockReport
    licences: tuple[Licence, ...]

    @property
    def rung(self) -> str:
        return RUNGS[self.report.rung]

    @property
    def by_model(self) -> bool:
        return self.report.rung in MODEL_RUNGS


@dataclass(frozen=True)
class PickView:
    """One pick with its small picture (a data URI) where there is one."""

    report: PickReport
    picture: str | None


@dataclass(frozen=True)
class RuleCount:
    """How often a rule held a text back, or only warned."""

    rule: str
    count: int
    examples: tuple[Verdict, ...]


class MailView:
    """One composed e-mail."""

    def __init__(self, result: ComposeResult, number: int, pictures: Pictures, name: str | None = None) -> None:
        self.result = result
        self.name = name or result.customer
        slug = _UNSAFE.sub("-", f"{result.flow}-{result.customer}").strip("-")[:80]
        self.file = f"{number:02d}-{slug}.html"
        self._pictures = pictures

    @property
    def flow(self) -> str:
        """The flow's name for people."""
        return "VIP" if self.result.flow == "vip" else self.result.flow.replace("_", " ").capitalize()

    @property
    def skipped(self) -> bool:
        return self.result.path is Path.SKIPPED

    @property
    def thumb(self) -> str | None:
        """The first pick's picture."""
        return next((pick.picture for pick in self.picks if pick.picture), None)

    @property
    def frame(self) -> str:
        """The HTML for the sandboxed frame."""
        return framed(self.result.html, self._pictures)

    @cached_property
    def blocks(self) -> tuple[BlockView, ...]:
        return tuple(
            BlockView(self._label(block.key), block, tuple(map(self._licence, block.facts)))
            for block in self.result.blocks
        )

    @cached_property
    def picks(self) -> tuple[PickView, ...]:
        return tuple(PickView(pick, self._pictures.thumb(pick.product_id)) for pick in self.result.picks)

    @property
    def by_model(self) -> int:
        """How many blocks a model wrote."""
        return sum(block.by_model for block in self.blocks)

    @cached_property
    def held(self) -> tuple[Verdict, ...]:
        """Verdicts that kept a candidate out of the e-mail."""
        return tuple(verdict for verdict in self.result.verdicts if verdict.holds_back)

    @cached_property
    def warned(self) -> tuple[Verdict, ...]:
        """Failed checks that only tell."""
        return tuple(v for v in self.result.verdicts if v.status == "fail" and not v.holds_back)

    @property
    def rules(self) -> list[RuleCount]:
        """The rules that held something back, most frequent first."""
        counts = Counter(verdict.rule for verdict in self.held)
        return [RuleCount(rule, count, self._examples(rule)) for rule, count in counts.most_common()]

    def _examples(self, rule: str) -> tuple[Verdict, ...]:
        """Three findings that differ."""
        different = {(verdict.block, verdict.found): verdict for verdict in self.held if verdict.rule == rule}
        return tuple(different.values())[:3]

    @property
    def decision(self) -> list[tuple[str, str]]:
        """What was decided, in words."""
        decision = self.result.decision
        rows = [(key.capitalize(), _plain(decision.get(key))) for key in ("angle", "tone", "length", "offer")]
        if (probability := decision.get("probability")) is not None:
            arms = decision.get("arms")
            among = f" among {arms} arms" if arms else ""
            rows.append(("Probability", f"{float(probability):.1%}{among}"))
        return [*rows, ("Policy", _plain(decision.get("policy")))]

    @property
    def when(self) -> str:
        return f"{self.result.created_at:%d %B %Y, %H:%M} UTC".lstrip("0")

    def label(self, key: str) -> str:
        """A block's name for people: `pitch:moka-pot` becomes "Pitch: Moka Pot"."""
        return " + ".join(self._label(part) for part in key.split("+"))

    def _label(self, key: str) -> str:
        name, _, product_id = key.partition(":")
        if not product_id:
            return _BLOCKS.get(name, name.capitalize())
        return f"Pitch: {self._titles.get(product_id, product_id)}"

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {pick.product_id: pick.title for pick in self.result.picks}

    @cached_property
    def _facts(self) -> dict[str, dict[str, Any]]:
        return {str(fact.get("id")): fact for fact in self.result.facts}

    def _licence(self, ref: str) -> Licence:
        if ref == "offer":
            return Licence("offer", f"the offer {_plain(self.result.decision.get('offer'))}")
        if ref.startswith("product:"):
            pick = next((pick for pick in self.result.picks if f"product:{pick.product_id}" == ref), None)
            return Licence("product", f"{pick.title}, {pick.price}" if pick else ref.removeprefix("product:"))
        fact = self._facts.get(ref, {})
        return Licence(str(fact.get("kind", "fact")), str(fact.get("text", ref)), tuple(fact.get("sources", ())))


class Overview:
    """All e-mails of one preview and their sums."""

    def __init__(self, mails: Sequence[MailView]) -> None:
        self.mails = mails
        self.sent = [mail for mail in mails if not mail.skipped]

    @property
    def headline(self) -> str:
        """What the page is about, in a few words."""
        count = len(self.sent)
        if count < 2:
            return "One customer, one e-mail" if count else "No e-mails"
        return f"{count} customers, {count} different e-mails"

    @property
    def blocks(self) -> int:
        return sum(len(mail.blocks) for mail in self.sent)

    @property
    def by_model(self) -> int:
        return sum(mail.by_model for mail in self.sent)

    @property
    def share(self) -> int:
        """Blocks written by a model, in percent."""
        return round(100 * self.by_model / self.blocks) if self.blocks else 0

    @property
    def held(self) -> int:
        return sum(len(mail.held) for mail in self.sent)

    @property
    def own_ms(self) -> float:
        """Our own time for the middle e-mail."""
        times = sorted(mail.result.usage.own_ms for mail in self.sent)
        return times[len(times) // 2] if times else 0.0

    @property
    def model_s(self) -> float:
        """Seconds waited for the model, all e-mails together."""
        return sum(mail.result.usage.model_ms for mail in self.sent) / 1000

    @property
    def cost(self) -> float:
        return sum(mail.result.usage.cost_usd for mail in self.sent)

    @property
    def models(self) -> str:
        named = {mail.result.usage.model for mail in self.sent if mail.result.usage.model}
        return ", ".join(sorted(named)) or "no model"

    @property
    def rungs(self) -> list[tuple[Rung, str, int]]:
        """(rung, its name, blocks) for the legend; rungs that wrote nothing are left out."""
        counts = Counter(block.report.rung for mail in self.sent for block in mail.blocks)
        return [(rung, name, counts[rung]) for rung, name in RUNGS.items() if counts[rung]]


def _plain(value: Any) -> str:
    return str(value).replace("_", " ") if value not in (None, "") else "none"
