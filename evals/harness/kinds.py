"""The kinds of suite, a module each. Importing this registers them all."""

from __future__ import annotations

from evals.harness import guarding
from evals.harness.suite import KINDS

MODULES = (guarding,)

__all__ = ["KINDS", "MODULES"]
