"""The dark-mode rules of a style sheet, to be applied to elements as a mail client would.

Only what layouts use is read: `@media (prefers-color-scheme: dark)` with selectors of tags and classes, joined by
spaces or `>`. A rule with any other selector is left out: it may colour nothing that is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from evals.preflight.contrast import Rgb
from evals.preflight.styles import style_of

_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"([a-z][a-z0-9]*)?((?:\.[\w-]+)*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """An element in its line of ancestors, as selectors see it."""

    tag: str
    classes: tuple[str, ...]
    parent: Place | None


@dataclass(frozen=True, slots=True)
class DarkRule:
    """One selector with what it paints. The last step comes first: it is matched against the element itself."""

    steps: tuple[tuple[str, tuple[str, ...], bool], ...]
    """(tag or "", classes, True when the step stands directly above the one before it)."""
    weight: tuple[int, int, int]
    """Specificity (classes, tags) and order: the greatest wins."""
    color: Rgb | None
    background: Rgb | None

    def paints(self, place: Place) -> bool:
        """True when the selector matches."""
        return _matches(self.steps, place)


class DarkRules:
    """The rules of a sheet by the tag or class of their last step."""

    def __init__(self, rules: Iterable[DarkRule]) -> None:
        self._by_key: dict[str, list[DarkRule]] = {}
        for rule in rules:
            tag, classes, _ = rule.steps[0]
            self._by_key.setdefault("." + classes[0] if classes else tag, []).append(rule)

    def colors(self, place: Place) -> tuple[Rgb | None, Rgb | None]:
        """(text colour, background) that the sheet gives this element itself, None where it gives none."""
        keys = (place.tag, *("." + name for name in place.classes))
        found = [rule for key in keys for rule in self._by_key.get(key, ()) if rule.paints(place)]
        found.sort(key=lambda rule: rule.weight)
        inks = [rule.color for rule in found if rule.color]
        papers = [rule.background for rule in found if rule.background]
        return (inks[-1] if inks else None), (papers[-1] if papers else None)


@lru_cache(maxsize=256)
def dark_rules(css: str) -> DarkRules:
    """The dark-mode rules of a style sheet."""
    return DarkRules(_rules(css))


def _rules(css: str) -> Iterable[DarkRule]:
    bodies = "".join(match[1] for match in _DARK.finditer(css))
    for order, (selectors, body) in enumerate(_RULE.findall(bodies)):
        style = style_of(" ".join(body.split()))
        for selector in selectors.split(","):
            steps = _steps(selector)
            if steps and (style.color or style.background):
                weight = (sum(len(classes) for _, classes, _ in steps), sum(bool(tag) for tag, *_ in steps), order)
                yield DarkRule(steps, weight, style.color, style.background)


def _steps(selector: str) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
    """The steps of a selector from its end; none when it holds anything but tags, classes, spaces and `>`."""
    steps: list[tuple[str, tuple[str, ...], bool]] = []
    direct = False
    for word in reversed(selector.replace(">", " > ").split()):
        if word == ">":
            direct = True
            continue
        match = _COMPOUND.fullmatch(word)
        if match is None:
            return ()
        steps.append(((match[1] or "").lower(), tuple(match[2].split(".")[1:]), direct))
        direct = False
    return tuple(steps)


def _matches(steps: tuple[tuple[str, tuple[str, ...], bool], ...], place: Place | None) -> bool:
    if place is None or not _fits(steps[0], place):
        return False
    if len(steps) == 1:
        return True
    rest, above = steps[1:], place.parent
    if rest[0][2]:
        return _matches(rest, above)
    while above is not None:
        if _matches(rest, above):
            return True
        above = above.parent
    return False


def _fits(step: tuple[str, tuple[str, ...], bool], place: Place) -> bool:
    tag, classes, _ = step
    return (not tag or tag == place.tag) and all(name in place.classes for name in classes)
