"""A run holds what its chunks have posted: its page no longer reads all of them."""

from __future__ import annotations

from functools import reduce
from typing import Any

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument

revision = "0030_run_tallies"
down_revision = "0029_results"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'{}'")
_RUN = sa.table("run", sa.column("id"), sa.column("tally", JsonDocument()))
_CHUNK = sa.table("run_chunk", sa.column("run_id"), sa.column("tally", JsonDocument()))


def upgrade() -> None:
    """Add the columns; everything that chunks came to so far is posted."""
    op.add_column("run", sa.Column("tally", JsonDocument(), nullable=False, server_default=_EMPTY))
    op.add_column("run", sa.Column("pace", JsonDocument(), nullable=False, server_default=_EMPTY))
    op.add_column("run_chunk", sa.Column("unposted", JsonDocument(), nullable=False, server_default=_EMPTY))
    connection = op.get_bind()
    # Run by run: a shop may have written millions of e-mails before this.
    for run_id in connection.scalars(sa.select(_RUN.c.id)).all():
        tallies = connection.scalars(sa.select(_CHUNK.c.tally).where(_CHUNK.c.run_id == run_id))
        nothing: dict[str, Any] = {}
        op.execute(_RUN.update().where(_RUN.c.id == run_id).values(tally=reduce(_added, tallies, nothing)))


def downgrade() -> None:
    """Chunks still have their own."""
    op.drop_column("run_chunk", "unposted")
    op.drop_column("run", "pace")
    op.drop_column("run", "tally")


def _added(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: _sum(one.get(key), other.get(key)) for key in {**one, **other}}


def _sum(one: Any, other: Any) -> Any:
    """Numbers are added, documents key by key; of names (which models were asked) each is kept once."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, dict):
        return _added(one, other)
    if isinstance(one, str):
        return ", ".join(dict.fromkeys(name for names in (one, other) for name in names.split(", ") if name))
    return one + other
