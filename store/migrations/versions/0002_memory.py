"""Customers, events, the folded memory, consent and the contact ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_memory"
down_revision = "0001_store"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _customer_id(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("customer_id", sa.String, sa.ForeignKey("customer.id"), primary_key=primary_key, nullable=False)


def upgrade() -> None:
    """Create memory's tables."""
    _customers()
    _events()
    _consent()
    _contacts()


def _customers() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("external_id", sa.String, unique=True),
        sa.Column("profile", sa.LargeBinary),
        sa.Column("email_index", sa.String),
        sa.Column("phone_index", sa.String),
        sa.Column("locale", sa.String),
        sa.Column("timezone", sa.String),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_customer_email_index", "customer", ["email_index"])
    op.create_index("ix_customer_phone_index", "customer", ["phone_index"])
    op.create_table("customer_alias", sa.Column("anonymous_id", sa.String, primary_key=True), _customer_id())
    op.create_index("ix_customer_alias_customer_id", "customer_alias", ["customer_id"])


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("message_id", sa.String, primary_key=True),
        _customer_id(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_event_customer_at", "event", ["customer_id", "at"])
    op.create_table(
        "memory_state",
        _customer_id(primary_key=True),
        sa.Column("fold_version", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        _customer_id(primary_key=True),
        sa.Column("granted_at", MOMENT),
        sa.Column("declared_at", MOMENT),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawn_reason", sa.String),
        sa.Column("undeclared_at", MOMENT),
    )
    op.create_table(
        "consent_change",
        sa.Column("id", sa.String, primary_key=True),
        _customer_id(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_consent_change_customer_at", "consent_change", ["customer_id", "at"])


def _contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("key", sa.String, primary_key=True),
        _customer_id(),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("rule_version", sa.String, nullable=False),
        sa.Column("email_id", sa.String),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_contact_customer_at", "contact", ["customer_id", "at"])
