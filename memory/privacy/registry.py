"""Which rows are about a person: read off the tables themselves, so that a new table cannot be forgotten.

A table is a person's where it has a column `customer_id` (our id) or `customer` (the shop's). Everything else must be
named by whoever forgets it (`Forgets.tables`) or stand in `IMPERSONAL` with the reason: a test holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from sqlalchemy import ColumnElement, Table
from sqlalchemy.ext.asyncio import AsyncSession

IdKind = Literal["own", "external"]

_COLUMNS: Mapping[str, IdKind] = {"customer_id": "own", "customer": "external", "external_id": "external"}
"""Columns that name a person, and by whose id."""

IMPERSONAL: Mapping[str, str] = {
    "api_key": "names a program of the shop's",
    "artifact": "templates as they were used, before anybody's values",
    "attribution_rules": "which e-mail an order is given to, as a rule",
    "audit": "our ids only, which lead nowhere once the customer is gone; a log with holes proves nothing",
    "brand": "a document of the shop's",
    "brand_version": "a document of the shop's",
    "campaign": "a document of the shop's",
    "campaign_version": "a document of the shop's",
    "comparison": "what is compared; its pairs name people",
    "comparison_shown": "who was shown which side is which: people of the shop's",
    "drawn_departed": "sums over customers who are gone, by the day they were drawn or bought",
    "erased_id": "keyed hashes: what keeps old events from bringing the person back",
    "erasure": "keyed hashes and counts; what the proof looks for is encrypted and dropped when it is done",
    "exclusion_group": "campaigns and experiments that share no customer; who is where follows from a hash",
    "experiment": "a document of the shop's",
    "experiment_fallback": "reason codes and counts",
    "experiment_revision": "one number",
    "feed": "products",
    "feed_import": "products",
    "feed_import_issue": "products",
    "feed_missing_product": "products",
    "feed_staged_cost": "products",
    "feed_staged_product": "products",
    "global_holdout": "a share and a salt; who is in it follows from a hash",
    "handoff": "counts; its deliveries name people",
    "harm_alarm": "counts of a flow's or campaign's e-mails",
    "hook_count": "how much senders reported on a day, by kind",
    "hook_secret": "what senders' reports are verified with",
    "hook_token": "hashes of random tokens",
    "learned": "what all customers together teach",
    "merchandising": "a document of the shop's",
    "product": "products",
    "product_change": "products",
    "product_cost": "products",
    "product_embedding": "products",
    "product_news": "products",
    "product_seen": "products",
    "product_signal": "what all baskets together say of a product",
    "result_day": "sums over a day's customers",
    "review_sample": "counts and terms; its items name people",
    "run": "a list of customers is left out of it: its recipients are rows",
    "run_chunk": "positions and counts",
    "run_event": "reason codes and counts",
    "run_gate": "which sample a run waits for, and who released it",
    "store_canary": "one constant text",
    "studio_account": "people who work for the shop",
    "studio_attempt": "keyed hashes of who tried to sign in",
    "studio_link": "who of the shop's people may sign in by a link",
    "studio_session": "browsers of the shop's people",
    "suppressed_address": "keyed hashes: what keeps an address that said no from being written to again",
    "vote": "what people of the shop's preferred, by the number of a pair",
    "webhook_endpoint": "an address of the shop's own systems",
    "webhook_notice": "what happened to runs: codes and counts",
    "worker": "processes",
}
"""Tables without a row about a person, and why."""


class Whom(Protocol):
    """Whose rows."""

    @property
    def customer_id(self) -> str | None: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def written_to_as(self) -> tuple[str, ...]:
        """Every id that the shop has, or had, for them: rows name them by these."""
        ...

    @property
    def known_as(self) -> tuple[str, ...]:
        """Ids, addresses, numbers and names that they could be found by."""
        ...


class Forgets(Protocol):
    """What a room does about rows that cannot simply be deleted."""

    tables: frozenset[str]
    """Tables it has seen to: nobody else touches them."""

    async def forget(self, session: AsyncSession, person: Whom) -> dict[str, int]:
        """Remove the person in the caller's transaction; rows by table."""
        ...


def columns_naming(table: Table, kind: IdKind) -> list[str]:
    """The columns of `table` that hold an id of this kind."""
    return [column.name for column in table.columns if _COLUMNS.get(column.name) == kind]


def is_personal(table: Table) -> bool:
    """Is a row of it about a person?"""
    return any(column.name in _COLUMNS for column in table.columns)


def conditions(table: Table, person: Whom) -> Iterator[ColumnElement[bool]]:
    """What finds this person's rows in a table that `is_personal`, one condition a column."""
    if person.customer_id is not None:
        own = ["id"] if table.name == "customer" else columns_naming(table, "own")
        yield from (table.c[name] == person.customer_id for name in own)
    if person.written_to_as:
        yield from (table.c[name].in_(person.written_to_as) for name in columns_naming(table, "external"))
