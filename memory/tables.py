"""What memory keeps. What a person said, did or is called is encrypted; ids, times and event names are not.

Event payloads are encrypted whole: a shop may put an address into an order and a customer may type anything
into a search box, so there is no telling which property is harmless. Event names and times stay readable for
operations.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, false, text
from sqlmodel import Field, SQLModel

from store.types import EncryptedBytes, EncryptedJson, UtcDateTime

OWN_WORDS = text(
    "name IN ('Product Reviewed', 'Quiz Completed', 'Support Note', 'Support Ticket Created', 'Survey Answered', "
    "'Survey Completed', 'Ticket Closed')"
)
"""Events that hold a customer's own words (`memory.words.sources.OWN_EVENTS`), as the index of them has it: word for
word, or neither database uses the index."""

OUTCOMES = text(
    "name IN ('Email Bounced', 'Email Delivered', 'Email Link Clicked', 'Email Marked as Spam', 'Email Opened', "
    "'Order Cancelled', 'Order Completed', 'Order Refunded', 'Order Updated', 'Unsubscribed')"
)
"""Events that say what came of an e-mail, in the same way: what came in late is found by the index of them."""


MERGED = text("merged_at IS NOT NULL")
"""Few customers, by an index of their own."""


class Customer(SQLModel, table=True):
    """One person, or one anonymous visitor (`external_id` is None until an event names them)."""

    __tablename__ = "customer"
    __table_args__ = (Index("ix_customer_merged", "merged_at", sqlite_where=MERGED, postgresql_where=MERGED),)

    id: str = Field(primary_key=True)
    """A TypeID, `cus_…`."""
    external_id: str | None = Field(default=None, unique=True)
    """The shop's own id: Segment's `userId`."""
    profile: bytes | None = Field(default=None, sa_type=EncryptedBytes)
    """The folded traits (`memory.profile`)."""
    email_index: str | None = Field(default=None, index=True)
    """Blind index of the lower-cased address. Not unique: two accounts may share one."""
    phone_index: str | None = Field(default=None, index=True)
    """Blind index of the digits."""
    locale: str | None = None
    timezone: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    merged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a visitor or guest last turned out to be them, and what those had done became theirs."""


class CustomerAlias(SQLModel, table=True):
    """Whose device an `anonymousId` is."""

    __tablename__ = "customer_alias"

    anonymous_id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)


class Event(SQLModel, table=True):
    """One accepted message, as sent. The truth that everything else is folded from."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_customer_at", "customer_id", "at"),
        Index("ix_event_words", "received_at", "message_id", sqlite_where=OWN_WORDS, postgresql_where=OWN_WORDS),
        Index("ix_event_outcomes", "received_at", "customer_id", sqlite_where=OUTCOMES, postgresql_where=OUTCOMES),
    )

    message_id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id")
    kind: str
    """`identify` or `track`."""
    name: str
    """The event's name; empty for `identify`."""
    at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    payload: bytes = Field(sa_type=EncryptedBytes)
    """JSON of the normalised event (`memory.events.Event.payload`)."""


class MemoryState(SQLModel, table=True):
    """The folded memory of one customer: one row, bounded in size."""

    __tablename__ = "memory_state"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    fold_version: int
    """The rules it was folded under; a row of older rules is rebuilt from events."""
    state: bytes = Field(sa_type=EncryptedBytes)


class Consent(SQLModel, table=True):
    """Where e-mail consent of one customer stands: the newest moment of each kind of statement."""

    __tablename__ = "consent"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    granted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Said by the person: a form, a double opt-in."""
    declared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Said by the shop's data: a trait."""
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Said by the person or their mail provider: unsubscribed, complained, bounced."""
    withdrawn_reason: str | None = None
    undeclared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Said by the shop's data: a trait turned false."""
    choices: Any = Field(default=None, sa_column=Column(EncryptedJson(), nullable=True))
    """Topics, purposes, frequency and pause (`memory.choices.Document`); None where nothing was said."""
    personalisation_off: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """What `choices` adds up to, to be read and selected by: they object to being written to out of their memory."""
    predictions_off: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """They object to predictions."""


class ConsentChange(SQLModel, table=True):
    """One statement about consent, with its proof. Append-only."""

    __tablename__ = "consent_change"
    __table_args__ = (
        Index("ix_consent_change_customer_at", "customer_id", "at"),
        Index("ix_consent_change_recorded", "recorded_at", "customer_id"),
    )

    id: str = Field(primary_key=True)
    """A hash of what was said: saying it twice is saying it once."""
    customer_id: str = Field(foreign_key="customer.id")
    kind: str
    about: Any = Field(default=None, sa_column=Column(EncryptedJson(), nullable=True))
    """`[key, *value]` of `memory.choices`; None: marketing e-mail."""
    source: str
    at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    proof: Any = Field(sa_type=EncryptedJson)
    """Whatever shows that it happened: form URL, IP address, message id."""


class Contact(SQLModel, table=True):
    """The contact ledger: one row for each time it was decided to write to someone, or not to."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_customer_at", "customer_id", "at"),
        Index("ix_contact_email", "email_id"),
        Index("ix_contact_campaign_at", "campaign", "at"),
    )

    key: str = Field(primary_key=True)
    """Idempotency key, a pure function of stable ids."""
    customer_id: str = Field(foreign_key="customer.id")
    campaign: str
    decision: str
    reason: str
    rule_version: str
    email_id: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)
    flow: str = ""
    step: str = ""
    occasion: str = ""
    """What it was about, of several in one flow: an order, a cart, a year's birthday."""
    kind: str = "campaign"
    """`transactional`, `triggered` or `campaign`: which caps it counts under."""
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """For `deferred`: when it is asked again."""
    experiment: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """The experiment they are in with this e-mail, whatever was decided; empty for none."""
    variant: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """The arm of it."""


class LearnedRow(SQLModel, table=True):
    """Something learned from all customers together (`memory.learned`). Names no person."""

    __tablename__ = "learned"

    name: str = Field(primary_key=True)
    version: str
    as_of: datetime = Field(sa_type=UtcDateTime)
    document: bytes
    """JSON, deflated."""
