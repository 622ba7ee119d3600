"""Reading suite files: YAML that names the cases, the gates and the known misses of a suite.

A file of labelled cases (JSON lines) by itself is a suite too: each text must get its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from evals.harness.kinds import KINDS
from evals.harness.suite import Kind, Suite
from store.errors import InvalidInput

SHIPPED = Path(__file__).parents[1] / "suites"
"""The suites that come with Penfriend, a file each, named like the suite."""

LINES = ".jsonl"
LIVE = "live"
"""Tag of suites that mean something only with a real model, and so with a key or a network."""

_UNNAMED = re.compile(r"[^a-z0-9_-]+")


class BadSuite(InvalidInput):
    """A suite file cannot be read as a suite; the pointer is `FILE: field`."""

    reason = "bad_suite"


class NoSuite(InvalidInput):
    """Neither a shipped suite nor a file."""

    reason = "no_suite"


def shipped_suites() -> dict[str, Path]:
    """Name -> file of the suites that come with Penfriend."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def default_suites() -> tuple[Suite, ...]:
    """The shipped suites that run anywhere: all but those tagged `live`, which need a real model."""
    return tuple(suite for suite in load_suites(shipped_suites()) if LIVE not in suite.tags)


def load_suites(named: Iterable[str | Path]) -> tuple[Suite, ...]:
    """Suites by shipped name or by path, in the order given.

    Raises NoSuite, or BadSuite that names the file, the field and the fix; also when two suites share a name.
    """
    suites: dict[str, Suite] = {}
    for path in map(_find, named):
        suite = load_suite(path)
        if suite.name in suites:
            raise _bad(path, "name", f"Two suites are called {suite.name!r}.", "Give each a name of its own.")
        suites[suite.name] = suite
    return tuple(suites.values())


def _find(named: str | Path) -> Path:
    shipped = shipped_suites()
    if str(named) in shipped:
        return shipped[str(named)]
    path = Path(named)
    if not path.is_file():
        raise NoSuite(
            f"There is no suite {str(named)!r}.",
            fix=f"Give the path of a suite file or of cases ({LINES}), or one of: {', '.join(shipped)}.",
        )
    return path


def load_suite(path: Path) -> Suite:
    """One suite from its file. Raises BadSuite."""
    if path.suffix == LINES:
        name = _UNNAMED.sub("-", path.stem.lower()).strip("-_") or "cases"
        return Suite(name=name, kind="guard", about="Labelled texts get their label.", cases=(path.resolve(),))
    raw = _read(path)
    found = _kind(path, raw)
    try:
        suite = Suite.model_validate({**raw, "cases": tuple(_cases(path, raw.get("cases")))})
    except ValidationError as error:
        raise _refused(
            path, error, "", "Mend or remove the field; the fields are: " + ", ".join(_fields(Suite))
        ) from error
    try:
        found.options.model_validate(suite.options)
    except ValidationError as error:
        fix = f"The options of kind {found.name!r} are: " + (", ".join(_fields(found.options)) or "none")
        raise _refused(path, error, "options.", fix) from error
    _check(path, suite, found, raw.get("cases"))
    return suite


def _read(path: Path) -> Mapping[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "encoding"
        raise _bad(path, where, "The file is no YAML in UTF-8.", "Mend the line, or save the file as UTF-8.") from error
    if not isinstance(raw, dict):
        raise _bad(path, "line 1", "A suite is a mapping of fields.", f"Write the fields: {', '.join(_fields(Suite))}.")
    return {str(key): value for key, value in raw.items()}


def _kind(path: Path, raw: Mapping[str, Any]) -> Kind:
    found = KINDS.get(str(raw.get("kind")))
    if found is None:
        raise _bad(
            path,
            "kind",
            f"There is no kind of suite {raw.get('kind')!r}.",
            f"Choose one of: {', '.join(sorted(KINDS))}.",
        )
    return found


def _cases(path: Path, written: object) -> Iterator[Path]:
    """The files that paths and globs relative to the suite file name; a glob may match none."""
    listed = written if isinstance(written, list) else [] if written is None else [written]
    for name in listed:
        if not isinstance(name, str):
            raise _bad(path, "cases", f"{name!r} is no path.", "Write a path or a glob relative to the suite file.")
        if any(char in name for char in "*?["):
            yield from _glob(path.parent, name)
        elif (path.parent / name).is_file():
            yield (path.parent / name).resolve()
        else:
            raise _bad(path, "cases", f"There is no file {name!r}.", "Paths are relative to the suite file.")


def _glob(folder: Path, pattern: str) -> list[Path]:
    """`Path.glob` takes no pattern that climbs: the part before the first wildcard is walked first."""
    parts = Path(pattern).parts
    fixed = next(index for index, part in enumerate(parts) if any(char in part for char in "*?["))
    return sorted(folder.joinpath(*parts[:fixed]).resolve().glob(str(Path(*parts[fixed:]))))


def _check(path: Path, suite: Suite, found: Kind, written: object) -> None:
    """What only shows when suite and kind are looked at together."""
    unknown = sorted(set(suite.thresholds) - found.metrics)
    if unknown:
        raise _bad(
            path,
            f"thresholds.{unknown[0]}",
            f"Suites of kind {found.name!r} have no metric {unknown[0]!r}.",
            f"They have: {', '.join(sorted(found.metrics))}.",
        )
    if found.needs_cases and not suite.cases:
        why = f"Nothing matches {written!r}" if written else "The suite has no cases"
        raise _bad(path, "cases", f"{why}.", "Name at least one file of cases, JSON lines, relative to this one.")


def _refused(path: Path, error: ValidationError, prefix: str, fix: str) -> BadSuite:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return _bad(path, f"{prefix}{where}", f"{first['msg'].removeprefix('Value error, ')}.", f"{fix}.")


def _bad(path: Path, where: str, message: str, fix: str) -> BadSuite:
    return BadSuite(message, pointer=f"{path}: {where}", fix=fix)


def _fields(model: type[Suite] | Any) -> list[str]:
    return list(model.model_fields)
