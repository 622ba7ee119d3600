"""What is kept of who is due: derived from memory, and made again whenever that changes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.types import Amount, UtcDateTime


class StaleRow(SQLModel, table=True):
    """A customer of whom something changed since their agenda was made."""

    __tablename__ = "agenda_stale"

    customer_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    """When it changed, as far as we heard of it."""


class AgendaRow(SQLModel, table=True):
    """One step of one flow for one customer: from when, and until when it makes sense."""

    __tablename__ = "agenda"
    __table_args__ = (
        Index("ix_agenda_flow_from", "flow", "from_at", "customer_id"),
        Index("ix_agenda_until", "until_at"),
    )

    customer_id: str = Field(primary_key=True)
    flow: str = Field(primary_key=True)
    occasion: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    since_at: datetime = Field(sa_type=UtcDateTime)
    """When the customer came into the state that the flow is about."""
    from_at: datetime = Field(sa_type=UtcDateTime)
    until_at: datetime = Field(sa_type=UtcDateTime)
    product_id: str = ""
    """What it is about, where that is one product."""
    consented: bool
    """Whether they said yes to e-mail; of who said no there are no rows."""


class WantedRow(SQLModel, table=True):
    """A customer wants a product: looked again, put into the cart or wished for, and not bought since."""

    __tablename__ = "wanted"
    __table_args__ = (Index("ix_wanted_customer", "customer_id"),)

    product_id: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


class NewsRow(SQLModel, table=True):
    """A product became cheaper, or can be ordered again. Names no person."""

    __tablename__ = "product_news"
    __table_args__ = (Index("ix_product_news_until", "until_at"),)

    product_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    until_at: datetime = Field(sa_type=UtcDateTime)
    """When it is no news any more; brought forward when the price rises again or the stock is gone."""
    before: Decimal | None = Field(default=None, sa_type=Amount)
    after: Decimal | None = Field(default=None, sa_type=Amount)
    currency: str | None = None
