"""Shops in which there is nothing to find, looked at every day: is anything ever said that is not true?

Four kinds. `no_effect`: e-mails change nothing, and half the customers are held out; `few_held_out`: the same with a
tenth. `nothing_to_learn`: e-mails bring orders, but every product and every way to write does as well as any other; an
experiment compares three ways to decide. `ways`: what is learned of ways to write, in a shop that sends more
(`null_ways`). Customers buy at rates of their own and for sums with a heavy tail, so that a few of them decide; they
open, click and unsubscribe whatever they got. Each day everything that a user is told is read (`null_looks`).

Ledger, ingest, facts, learning and statistics are the real ones. Picks, decisions and texts are left out, without loss:
whatever was chosen, it would come to the same here. So the log of decisions has an even draw among three tones.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlmodel import col

from composer import chance
from composer.bandit.tables import DecisionRow
from composer.campaigns import CampaignVersion, save_brand, save_campaign
from composer.documents import Brief, Campaign
from composer.experiments.board import in_holdout, placed
from composer.experiments.model import CONTROL, Arm, Experiment, Place, Plan, Status
from composer.experiments.tables import ExperimentRow
from composer.facts.rules import AttributionRules
from composer.facts.ruling import put_in_force
from composer.facts.updating import update_facts
from composer.permission import contact_key
from composer.simulation.brand import BRAND
from composer.simulation.happening import CAMPAIGN
from composer.simulation.null_looks import FOUND, Look, look
from composer.simulation.null_ways import look_at_ways
from composer.simulation.shelf import CURRENCY
from composer.simulation.world import START, WEEK
from memory.ingest import ingest
from memory.ledger import Decided, record_contacts
from memory.tables import Customer
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.ids import CustomerId, email_id_for

Kind = Literal["no_effect", "few_held_out", "nothing_to_learn", "ways"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HELD_OUT: Mapping[Kind, float] = {"no_effect": 0.5, "few_held_out": 0.1}
LEARNED, PRIOR = "learned", "prior"
TONES = ("plain", "warm", "playful")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MAILED_AT = timedelta(hours=9)
LATE, RETURNED, RETURNED_AFTER = 0.05, 0.08, 3
"""Shares of orders reported a day late and sent back, and the days until they are."""
RULES = AttributionRules(returns_days=RETURNED_AFTER + 1)
"""Nothing comes back later, so that a day is final sooner and need not be counted anew each day for weeks."""
ANSWERS: Mapping[str, float] = {
    "Email Opened": 0.4,
    "Email Link Clicked": 0.1,
    "Unsubscribed": 0.003,
    "Email Marked as Spam": 0.0002,
}
"""Shares of e-mails, whatever is in them: rates that no limit forbids."""
_DAYS = 7


class NullWorld(BaseModel):
    """A shop without anything to find. Few customers, who buy often: as much is seen as in a larger shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customers: int = 160
    weeks: int = 4
    history_weeks: int = 3
    orders: float = 0.6
    """Mean of a customer's orders a week; rates differ between customers as an exponential distribution does."""
    basket: float = 40.0
    heavy: float = 0.8
    """Median of an order, and its spread on the log scale."""
    mail_orders: float = 0.02
    """Orders that an e-mail brings where there is nothing to learn; 0 where e-mails have no effect."""


WORLDS: Mapping[Kind, NullWorld] = {
    "no_effect": NullWorld(),
    "few_held_out": NullWorld(customers=800, weeks=2, history_weeks=1, orders=2.0, heavy=0.5),
    "nothing_to_learn": NullWorld(customers=240, weeks=3, history_weeks=1, orders=1.5),
    "ways": NullWorld(),
}
"""Of each kind the fewest customers of whom enough is seen to say anything."""


class NullOutcome(BaseModel):
    """One such shop, after its last day."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    seed: int
    looks: int
    """Days on which it was looked at."""
    told: int
    """Days on which there was enough to say anything but "too few orders"."""
    found_on: int | None
    """The first day on which something was said to be there, which is not; None: never."""
    untrue: tuple[str, ...] = ()
    """Where that was said, on any day."""
    verdict: str
    """On the last day."""


@dataclass(frozen=True, slots=True)
class _Order:
    customer: int
    day: int
    total: float
    number: str


async def run_null(kind: Kind, seed: int, world: NullWorld) -> NullOutcome:
    """One shop, looked at at the end of each day. `ways` has no customers, and needs no world."""
    looks = list(look_at_ways(seed)) if kind == "ways" else await _live(kind, seed, world)
    wrong = [day for day, one in enumerate(looks) if one.untrue]
    return NullOutcome(
        kind=kind,
        seed=seed,
        looks=len(looks),
        told=sum(one.verdict in (*FOUND, "cannot_tell_yet") for one in looks),
        found_on=wrong[0] if wrong else None,
        untrue=tuple(sorted({where for one in looks for where in one.untrue})),
        verdict=looks[-1].verdict,
    )


async def _live(kind: Kind, seed: int, world: NullWorld) -> list[Look]:
    with tempfile.TemporaryDirectory(prefix="penfriend-null-") as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'shop.db'}", Keyring.generate())
        try:
            shop = await _Shop.open(database, kind, seed, world)
            days = range(-world.history_weeks * _DAYS, world.weeks * _DAYS)
            return [one for day in days if (one := await shop.day(day)) is not None]
        finally:
            await database.close()


class _Shop:
    """One shop in one database."""

    def __init__(
        self, database: Database, version: CampaignVersion, kind: Kind, seed: int, world: NullWorld, ids: Sequence[str]
    ) -> None:
        self._database, self._version, self._kind = database, version, kind
        self._seed, self._world, self._ids = seed, world, ids
        self._names = [_name(seed, customer) for customer in range(world.customers)]
        self._experiment = _experiment(seed)
        self._reports = _reports(_orders(world, kind, seed), seed)
        self._left: set[int] = set()

    @classmethod
    async def open(cls, database: Database, kind: Kind, seed: int, world: NullWorld) -> _Shop:
        """Migrated, with a campaign and its customers."""
        brief = Brief(holdout=HELD_OUT.get(kind, 0.0))
        campaign = Campaign(id=CAMPAIGN, name="Newsletter", flow="newsletter", brand=BRAND.id, brief=brief)
        began = START - world.history_weeks * WEEK
        names = [_name(seed, customer) for customer in range(world.customers)]
        with clock.frozen_at(began):
            await database.migrate()
            async with database.session() as session:
                await save_brand(session, BRAND)
                version = await save_campaign(session, campaign)
                await put_in_force(session, RULES, "simulation")
                if kind == "nothing_to_learn":
                    session.add(_row_of(_experiment(seed)))
                await ingest(session, [_joined(name, began) for name in names], received_at=began)
                known = await session.execute(select(col(Customer.external_id), col(Customer.id)))
                ids = {str(external): str(ours) for external, ours in known}
        return cls(
            database, CampaignVersion(campaign, BRAND, version), kind, seed, world, [ids[name] for name in names]
        )

    async def day(self, day: int) -> Look | None:
        """Live through it, count it, and look; None before the first mailing's week."""
        morning, night = START + day * DAY, START + (day + 1) * DAY
        if day >= 0 and day % _DAYS == 0:
            with clock.frozen_at(morning + MAILED_AT):
                await self._mail(day, morning + MAILED_AT)
        with clock.frozen_at(night):
            if reports := self._reports.get(day):
                async with self._database.session() as session:
                    await ingest(session, reports, received_at=night)
            if day < 0:
                return None
            await update_facts(self._database, night)
            experiment = None if self._kind in HELD_OUT else self._experiment
            return await look(self._database, night, experiment, guarded=day % _DAYS == 0)

    async def _mail(self, day: int, at: datetime) -> None:
        rows = [self._row(customer, day // _DAYS, at) for customer in range(self._world.customers)]
        async with self._database.session() as session:
            await record_contacts(session, rows)
            session.add_all(
                self._decision(self._names[customer], row)
                for customer, row in enumerate(rows)
                if row.email_id is not None
            )
        for customer, row in enumerate(rows):
            if row.email_id is not None:
                self._answer(customer, day, at, row.email_id)

    def _answer(self, customer: int, day: int, at: datetime, email_id: str) -> None:
        """What they do with the e-mail, whatever it is."""
        events = ["Email Delivered"]
        for event, rate in ANSWERS.items():
            if chance.unit("null", self._seed, event, email_id) < rate:
                events.append(event)
        if "Unsubscribed" in events:
            self._left.add(customer)
        told = self._reports.setdefault(day, [])
        told += [
            _answered(event, self._names[customer], email_id, at + (1 + n) * HOUR) for n, event in enumerate(events)
        ]

    def _decision(self, name: str, row: Decided) -> DecisionRow:
        tone = TONES[int(chance.unit("null", self._seed, "tone", str(row.email_id)) * len(TONES))]
        learned = row.variant == LEARNED
        return DecisionRow(
            email_id=str(row.email_id),
            customer=name,
            campaign_id=CAMPAIGN,
            campaign_version=self._version.version,
            flow="newsletter",
            lifecycle="active",
            at=row.at,
            policy="thompson-1" if learned else "uniform-1",
            learned="null" if learned else "",
            experiment=row.experiment,
            variant=row.variant,
            situation={},
            choices={"tone": [tone, 1 / len(TONES), list(TONES)]},
        )

    def _row(self, customer: int, week: int, at: datetime) -> Decided:
        """What the contact ledger says of one customer and mailing."""
        name, place = self._names[customer], self._place(self._names[customer])
        refusal = "unsubscribed" if customer in self._left else place.refusal
        occasion = f"week {week}"
        return Decided(
            key=contact_key(CAMPAIGN, self._version.version, name, "issue", occasion),
            customer_id=CustomerId(self._ids[customer]),
            campaign=CAMPAIGN,
            decision="skipped" if refusal else "sent",
            reason=refusal or "ok",
            rule_version=self._version.contact_rules.version,
            at=at,
            email_id=None if refusal else email_id_for(at, name),
            flow="newsletter",
            step="issue",
            occasion=occasion,
            experiment=place.experiment,
            variant=place.variant,
        )

    def _place(self, name: str) -> Place:
        if self._kind == "nothing_to_learn":
            return placed(self._experiment, name)
        return Place(refusal="holdout" if in_holdout(self._version, name) else "")


def _name(seed: int, customer: int) -> str:
    return f"s{seed}-c{customer}"


def _experiment(seed: int) -> Experiment:
    arms = (
        Arm(name=CONTROL, share=0.4, policy="even"),
        Arm(name=LEARNED, share=0.3, policy="learned"),
        Arm(name=PRIOR, share=0.3, policy="prior"),
    )
    plan = Plan(name="Does learning help?", campaigns=(CAMPAIGN,), arms=arms)
    return Experiment(
        id=f"exp_null_{seed}",
        plan=plan,
        status=Status.RUNNING,
        salt=f"null {seed}",
        created_at=START,
        created_by="simulation",
        started_at=START,
    )


def _row_of(experiment: Experiment) -> ExperimentRow:
    return ExperimentRow(
        id=experiment.id,
        document=experiment.plan.model_dump(mode="json"),
        status=experiment.status.value,
        salt=experiment.salt,
        created_at=START,
        created_by=experiment.created_by,
        started_at=START,
        changed_at=START,
    )


def _orders(world: NullWorld, kind: Kind, seed: int) -> Iterable[_Order]:
    """Of customers' own, and those that e-mails bring, which go by nobody's side."""
    draw = np.random.default_rng([seed, 4, KINDS.index(kind)])
    rates = draw.exponential(world.orders / _DAYS, world.customers)
    first, days = -world.history_weeks * _DAYS, (world.history_weeks + world.weeks) * _DAYS
    counts: NDArray[np.int64] = draw.poisson(rates[:, None], (world.customers, days))
    if kind == "nothing_to_learn":
        brought = draw.random((world.customers, world.weeks)) < world.mail_orders
        soon = draw.integers(0, 3, brought.shape)
        for customer, week in zip(*np.nonzero(brought), strict=True):
            counts[customer, -first + week * _DAYS + soon[customer, week]] += 1
    for number, (customer, day) in enumerate(zip(*np.nonzero(counts), strict=True)):
        for nth in range(int(counts[customer, day])):
            total = round(world.basket * float(np.exp(world.heavy * draw.standard_normal())), 2)
            yield _Order(int(customer), first + int(day), total, f"{number}-{nth}")


def _reports(orders: Iterable[_Order], seed: int) -> dict[int, list[dict[str, Any]]]:
    """By the day on which they arrive: most at once, some a day late, returns days later."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in orders:
        late = chance.unit("null", seed, "late", one.number) < LATE
        at = START + one.day * DAY + 24 * chance.unit("null", seed, "hour", one.number) * timedelta(hours=1)
        found.setdefault(one.day + late, []).append(_told("Order Completed", one, at, seed))
        if chance.unit("null", seed, "returned", one.number) < RETURNED:
            back = at + RETURNED_AFTER * DAY
            found.setdefault(one.day + RETURNED_AFTER, []).append(_told("Order Refunded", one, back, seed))
    return found


def _told(event: str, order: _Order, at: datetime, seed: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event,
        "userId": _name(seed, order.customer),
        "messageId": f"{event} {order.number}",
        "timestamp": at.isoformat(),
        "properties": {"order_id": order.number, "total": order.total, "currency": CURRENCY},
    }


def _answered(event: str, name: str, email_id: str, at: datetime) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event,
        "userId": name,
        "messageId": f"{event} {email_id}",
        "timestamp": at.isoformat(),
        "properties": {"email_id": email_id, "campaign_id": CAMPAIGN, "url": "https://shop.example/p/1"},
    }


def _joined(name: str, at: datetime) -> Mapping[str, Any]:
    traits = {"email": f"{name}@post.example", "email_consent": True}
    return {"type": "identify", "userId": name, "messageId": name, "timestamp": at.isoformat(), "traits": traits}
