"""A mapping file: which of a file's own columns is which of our fields, in YAML.

fields:
  id: Artikelnummer
  link: {template: "https://shop.example/p/{Artikelnummer}"}
  price: {column: Preis_Cent, unit: minor}
  availability: {column: Lieferbar, values: {J: in stock, N: out of stock}}

What the fields are is the caller's: a model of pydantic whose values are `Given`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from store.errors import InvalidInput
from store.files.own import refuse_own
from store.files.source import FileUnreadable

MAX_FILE = 1 << 20

_PLACE = re.compile(r"\{([^{}]+)\}")
Constant = str | bool | int | float


class BadMapping(InvalidInput):
    """A mapping file that cannot be used."""

    reason = "bad_mapping"


class Rule(BaseModel):
    """Where one field comes from: exactly one of `column`, `columns`, `constant`, `template`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    """The name in their header; in NDJSON also a path into the object: `price.amount`, `images.0.src`."""
    columns: tuple[str, ...] = ()
    """Several, their values joined by `join`; empty ones are left out."""
    join: str = " "
    constant: Constant | None = None
    template: str | None = None
    """Text with `{Column}` in it; in addresses the values are percent-encoded."""
    values: dict[str, Constant] = Field(default_factory=dict)
    """Their value to ours. What is not listed stays as it is."""
    unit: Literal["major", "minor"] = "major"
    """`minor`: the price is a whole number of cents."""

    @model_validator(mode="after")
    def _one_source(self) -> Rule:
        given = [self.column is not None, bool(self.columns), self.constant is not None, self.template is not None]
        if sum(given) != 1:
            raise ValueError("write exactly one of column, columns, constant, template")
        if self.template is not None and not _PLACE.search(self.template):
            raise ValueError("a template names a column in braces, like {SKU}; write constant for a fixed text")
        return self

    def names(self) -> tuple[str, ...]:
        """Every column the rule reads."""
        if self.template is not None:
            return tuple(_PLACE.findall(self.template))
        return self.columns or ((self.column,) if self.column is not None else ())


def _rule(given: object) -> object:
    """A bare name is short for `{column: name}`."""
    return {"column": str(given)} if isinstance(given, str | int | float) and not isinstance(given, bool) else given


Given = Annotated[Rule, BeforeValidator(_rule)]
"""A rule as people write it."""
Document = TypeVar("Document", bound=BaseModel)


def load(model: type[Document], source: Path | str, docs: str) -> Document:
    """A mapping from a YAML file, or from YAML text. `docs` is the page that explains its keys.

    Raises: BadMapping, which names the key and the fix.
    """
    name = source.name if isinstance(source, Path) else "mapping"
    if isinstance(source, Path):
        refuse_own(source)
    try:
        text = source.read_text(encoding="utf-8-sig") if isinstance(source, Path) else source
        document = yaml.safe_load(text[:MAX_FILE])
    except (OSError, UnicodeError, RecursionError, yaml.YAMLError) as error:
        raise BadMapping(f"{name} cannot be read: {error}.", fix="Write it as YAML, in UTF-8.") from error
    if not isinstance(document, dict):
        raise BadMapping(f"{name} is no YAML object.", fix=f"Begin with the key fields:, see {docs}.")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _explained(name, error, docs) from error


def _explained(name: str, error: ValidationError, docs: str) -> BadMapping:
    first = error.errors()[0]
    pointer = "/" + "/".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    fixes = {
        "extra_forbidden": f"Remove the key, or mend its spelling: {docs} lists all.",
        "missing": f"Add the key: {docs} has an example.",
    }
    return BadMapping(
        f"{name}: {message}.",
        pointer=pointer,
        fix=fixes.get(first["type"], f"Mend the key; {docs} has examples."),
    )


def known_or_meant(names: Iterable[str], known: Iterable[str], instead: str) -> None:
    """Raises: ValueError for a field that does not exist, with the one that was probably meant."""
    known = tuple(known)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise ValueError(f"fields: there is no field {name!r}; {_meant(near)}{instead}")


def _meant(near: list[str]) -> str:
    return f"did you mean {near[0]}? If not, " if near else ""


def check_columns(rules: Iterable[tuple[str, Rule]], columns: Iterable[str]) -> None:
    """`rules` by their keys in the mapping. Raises: FileUnreadable when the file lacks a column they name."""
    known = {_plain(column): column for column in columns if column}
    for key, rule in rules:
        for name in rule.names():
            if _plain(name) not in known:
                near = difflib.get_close_matches(_plain(name), known, 1)
                hint = f"Did you mean {known[near[0]]}?" if near else f"It has {', '.join(known.values())[:300]}."
                raise FileUnreadable(
                    f"The mapping takes {key} from {name!r}, a column the file has not.", pointer=f"/{key}", fix=hint
                )


Look = Callable[[str], object]


def looking_into(record: Mapping[str, object]) -> Look:
    """Finds values of one record by their names, however they are spelled; nested ones by a path, as in JSON."""
    plain = {_plain(name): value for name, value in record.items()}

    def look(name: str) -> object:
        return plain[_plain(name)] if _plain(name) in plain else _inside(plain, _plain(name))

    return look


def value_of(rule: Rule, look: Look, address: bool = False) -> object:
    """What a rule takes out of a record."""
    if rule.constant is not None:
        return rule.constant
    if rule.template is not None:
        return _filled(rule.template, look, address)
    if rule.columns:
        return rule.join.join(text for text in (_text(look(name)) for name in rule.columns) if text)
    value = look(rule.column or "")
    if rule.values and not isinstance(value, dict | list):
        value = rule.values.get(_text(value), value)
    return _from_minor(value) if rule.unit == "minor" else value


def _filled(template: str, look: Look, address: bool) -> str:
    """The template with its columns' values; empty when one of them is, so that no half address comes out."""
    found = {name: _text(look(name)) for name in _PLACE.findall(template)}
    if not all(found.values()):
        return ""
    return _PLACE.sub(lambda place: quote(found[place[1]], safe="") if address else found[place[1]], template)


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _from_minor(value: object) -> object:
    """Cents as a decimal amount. What is no whole number stays as it is, for the price to be refused by name."""
    try:
        cents = Decimal(_text(value))
    except InvalidOperation:
        return value
    return str(cents / 100) if cents.is_finite() and cents == cents.to_integral_value() else value


def _plain(name: str) -> str:
    return name.strip().removeprefix("\ufeff").strip().casefold()


def _inside(record: Mapping[str, object], path: str) -> object:
    """`price.amount` of a nested object; None where a step leads nowhere."""
    found: Any = record
    for step in path.split("."):
        if isinstance(found, list) and step.isdecimal():
            found = found[int(step)] if int(step) < len(found) else None
        elif isinstance(found, dict):
            found = found.get(step, next((value for key, value in found.items() if _plain(str(key)) == step), None))
        else:
            return None
    return found
