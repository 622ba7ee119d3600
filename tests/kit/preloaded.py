"""Imported by the process that others are forked from, so that what takes seconds to load is there already."""

from __future__ import annotations

from babel.numbers import format_currency

from composer.litellm_transport import load_litellm
from evals.draft import Block
from evals.guard import check_block
from tests.kit import killed_customer_import, killed_dispatcher, killed_import
from tests.kit.chaos import processes
from tests.kit.emails import make_snapshot

__all__ = ["killed_customer_import", "killed_dispatcher", "killed_import", "processes"]

load_litellm()
# The guard compiles its word lists with the first text it reads, and the formats of a country are read with its first.
check_block(make_snapshot(), Block(name="opening", text="Two things for your shelf, at $14.50 and less."))
format_currency(1, "GBP", locale="en_GB")
