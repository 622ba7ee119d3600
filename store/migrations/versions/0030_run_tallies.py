"""A run holds what its chunks have posted: its page no longer reads all of them."""

from __future__ import annotations

from collections import defaultdict
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
    totals: dict[str, Any] = defaultdict(dict)
    for run_id, tally in op.get_bind().execute(sa.select(_CHUNK.c.run_id, _CHUNK.c.tally)):
        totals[run_id] = _added(totals[run_id], tally)
    for run_id, total in totals.items():
        op.execute(_RUN.update().where(_RUN.c.id == run_id).values(tally=total))


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
