"""The log of decisions: one row an e-mail, with the probability of what was drawn and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, false, text
from sqlmodel import Field, SQLModel

from store.types import EncryptedJson, JsonDocument, UtcDateTime


class DecisionRow(SQLModel, table=True):
    """How one stored e-mail was decided. Its outcome is counted by a job (`composer.facts`) until it is final."""

    __tablename__: ClassVar[Any] = "decision"
    __table_args__ = (
        Index("ix_decision_at", "at", "counted_at"),
        Index("ix_decision_customer_at", "customer", "at"),
        Index("ix_decision_campaign_at", "campaign_id", "at"),
        Index(
            "ix_decision_money",
            *("campaign_id", "revenue", "orders", "unpriced"),
            sqlite_where=text("revenue > 0"),
            postgresql_where=text("revenue > 0"),
        ),
        # All that reports sum up, in the order of its groups: a million e-mails are neither fetched nor sorted.
        Index(
            "ix_decision_counted",
            *("campaign_id", "flow", "lifecycle", "experiment", "variant", "rules", "at", "email_id", "delivered"),
            *("opened", "machine_opened", "clicked", "unsubscribed", "complained", "orders", "revenue"),
            sqlite_where=text("counted_at IS NOT NULL"),
            postgresql_where=text("counted_at IS NOT NULL"),
        ),
    )

    email_id: str = Field(primary_key=True, max_length=64)
    customer: str = Field(max_length=255)
    """The shop's own customer id."""
    campaign_id: str = Field(max_length=64)
    campaign_version: int
    flow: str = Field(max_length=32)
    lifecycle: str = Field(default="", max_length=16)
    at: datetime = Field(sa_type=UtcDateTime)
    """When it was decided."""
    policy: str = Field(max_length=32)
    learned: str = Field(default="", max_length=32)
    experiment: str = Field(default="", max_length=64)
    variant: str = Field(default="", max_length=64)
    """Of the experiment; both empty where the e-mail is in none."""
    situation: Any = Field(sa_column=Column(EncryptedJson(), nullable=False))
    """`composer.bandit.model.Situation` as JSON: what the policy was asked about."""
    choices: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """Dimension -> [arm, probability, allowed arms]."""
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it left: was handed over, or arrived, where that is reported. None until that was counted, and of an e-mail
    that was taken back: it never left, and what it came to is missing."""
    delivered: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    bounced: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    opened: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """By a person, as far as that can be told."""
    machine_opened: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    clicked: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    unsubscribed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    complained: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    orders: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Attributed to it under the attribution rules it was counted by."""
    unpriced: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Of these, those that were kept and whose money is not in `revenue`: in another currency than the brand's, or
    nothing said what they came to."""
    revenue: int = Field(default=0, sa_column=Column(BigInteger(), nullable=False, server_default="0"))
    """Of these orders, returns and refunds subtracted, in 1/10000 of the brand's currency."""
    kept: int = Field(default=0, sa_column=Column(BigInteger(), nullable=False, server_default="0"))
    """Of this revenue, what is left to the shop once the goods are paid (`composer.facts.orders.Order.kept`)."""
    rules: str = Field(default="", max_length=32, sa_column_kwargs={"server_default": ""})
    """Version of the attribution rules it was counted by; empty before it was counted."""
    counted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its outcome was counted last; None: not yet."""
    final: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Its windows are over: nothing will change any more, unless it is recounted under other rules."""
