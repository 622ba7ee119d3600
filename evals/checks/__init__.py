"""The rules, one file per family. Importing this package imports every file in it, and each registers its rules."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from evals.rules import BY_BLOCK, RULES, Rule

__all__ = ["ALL", "BY_BLOCK"]

for _found in iter_modules(__path__):
    import_module(f"{__name__}.{_found.name}")

ALL: tuple[Rule, ...] = tuple(RULES.values())
"""Every rule, in the order of the files' names."""
