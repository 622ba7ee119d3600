"""Compliance preflight of the finished message. Importing this package registers its rules, one file per theme."""

from __future__ import annotations

from evals.preflight import duties, headers, inbox, legibility, links, markup, parts, reductions, transport
from evals.preflight.check import check_message
from evals.preflight.register import MESSAGE_RULES

THEMES = (headers, transport, duties, links, markup, legibility, parts, inbox, reductions)

__all__ = ["MESSAGE_RULES", "THEMES", "check_message"]
