"""Imported by the process that others are forked from, so that what takes seconds to load is there already."""

from __future__ import annotations

from composer.litellm_transport import load_litellm
from evals.draft import Block
from evals.guard import check_block
from tests.kit.chaos import processes
from tests.kit.emails import make_snapshot

__all__ = ["processes"]

load_litellm()
# The guard compiles its word lists with the first text it reads.
check_block(make_snapshot(), Block(name="opening", text="Two things for your shelf, at $14.50 and less."))
