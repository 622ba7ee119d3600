"""The kinds of suite, a module each. Importing this registers them all."""

from __future__ import annotations

from evals.harness import (
    comparison,
    fairness,
    golden,
    guarding,
    injection,
    latency,
    metamorphic,
    sameness_suite,
    starvation,
)
from evals.harness.suite import KINDS

MODULES = (guarding, metamorphic, starvation, latency, golden, injection, fairness, sameness_suite, comparison)

__all__ = ["KINDS", "MODULES"]
