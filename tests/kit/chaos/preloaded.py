"""Imported by the process that others are forked from, so that what takes seconds to load is there already."""

from __future__ import annotations

from composer.litellm_transport import load_litellm
from tests.kit.chaos import processes

__all__ = ["processes"]

load_litellm()
