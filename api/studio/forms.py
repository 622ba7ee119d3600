"""Forms over documents: what a field shows of a document, what it says back, and what is wrong with it, in words.

A field is named by its place in the document, `brief.limits.max_price`. A document is read from a form over the one
it was made of (its base): what the form does not show stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.datastructures import FormData

from composer.pointers import pointer_to

Kind = Literal["text", "number", "unset", "percent", "flag", "lines", "pairs", "many"]
"""`text`: as it stands. `number`: without spaces around it; empty is None. `unset`: the same; empty is left out.
`percent`: a share, shown times 100; empty is left out. `flag`: a checkbox. `lines`: one a line. `pairs`:
`name: value` a line. `many`: checkboxes of one name."""
D = TypeVar("D", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    path: str
    kind: Kind = "text"
    looks: str = ""
    """What it must look like, where that is a pattern."""


@dataclass(frozen=True, slots=True)
class Values:
    """What stands in a form, as a browser sends it: names with their values."""

    held: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, form: FormData) -> Values:
        """What was sent; line ends as they are everywhere else."""
        names = dict.fromkeys(name for name, _ in form.multi_items())
        sent = {name: [one for one in form.getlist(name) if isinstance(one, str)] for name in names}
        return cls({name: tuple(one.replace("\r\n", "\n") for one in values) for name, values in sent.items()})

    def get(self, name: str) -> str:
        """The value of a field that has one; empty where it was not sent."""
        return next(iter(self.held.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return self.held.get(name, ())

    def on(self, name: str) -> bool:
        """Whether a checkbox is ticked."""
        return bool(self.held.get(name))

    def under(self, prefix: str) -> list[str]:
        """The steps that follow `prefix.` in names, in the order they were sent."""
        beneath = [name.removeprefix(f"{prefix}.").split(".")[0] for name in self.held if name.startswith(f"{prefix}.")]
        return list(dict.fromkeys(beneath))

    def with_(self, changes: Mapping[str, tuple[str, ...]]) -> Values:
        """The same with some names set anew."""
        return Values({**self.held, **changes})


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that does not hold together: what is wrong, by the name of the field it is shown at."""

    errors: Mapping[str, str]


def shown(fields: Iterable[Field], document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What fields show of a document (as `model_dump` gives it)."""
    return {one.path: _shown(one.kind, found(document, one.path)) for one in fields}


def read_into(document: dict[str, Any], fields: Iterable[Field], values: Values) -> None:
    """Put what a form says into a document. Nothing is refused here: what cannot be read is put in as it stands."""
    for one in fields:
        put(document, one.path, _said(one.kind, values, one.path, found(document, one.path)))


def validated(kind: type[D], document: Mapping[str, Any], fields: Iterable[Field]) -> D | Refused:
    """The document, or what is wrong with it at each field."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        known = {one.path: one for one in fields}
        problems = [(_field_of(one, document, known), one) for one in error.errors()]
        return Refused({name: _in_words(one, known.get(name, Field(name))) for name, one in reversed(problems)})


def found(document: Any, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, Sequence) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


_LEFT_OUT = object()


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Set what stands at a path of nested objects, made where they are missing."""
    *above, last = path.split(".")
    for step in above:
        below = document.get(step)
        document[step] = document = {} if below is None else below
    if value is _LEFT_OUT:
        document.pop(last, None)
    else:
        document[last] = value


def _shown(kind: Kind, value: Any) -> tuple[str, ...]:
    if kind == "flag":
        return ("on",) if value else ()
    if kind == "many":
        return tuple(str(one) for one in value or ())
    if value is None:
        return ("",)
    if kind == "percent":
        return (_plain(Decimal(str(value)) * 100),)
    if kind == "lines":
        return ("\n".join(str(one) for one in value),)
    if kind == "pairs":
        return ("\n".join(f"{name}: {_scalar_text(one)}" for name, one in value.items()),)
    return (_text(value),)


def _text(value: object) -> str:
    if isinstance(value, time):
        return value.isoformat("auto" if value.second or value.microsecond else "minutes")
    if isinstance(value, float):
        value = Decimal(str(value))
    return _plain(value) if isinstance(value, Decimal) else str(value)


def _said(kind: Kind, values: Values, name: str, before: Any) -> object:
    text = values.get(name)
    match kind:
        case "flag":
            return values.on(name)
        case "many":
            return _in_order(values.all(name), before or ())
        case "lines":
            return [line.strip() for line in text.split("\n") if line.strip()]
        case "pairs":
            return dict(_pairs(text, before or {}))
        case "percent":
            return _share(text)
        case "number":
            return text.strip() or None
        case "unset":
            return text.strip() or _LEFT_OUT
        case "text":
            return text


def _in_order(chosen: Sequence[str], before: Sequence[str]) -> list[str]:
    """As they stood, and what is new behind: ticking nothing else changes nothing."""
    return [*(one for one in before if one in chosen), *(one for one in chosen if one not in before)]


def _pairs(text: str, before: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What was not touched keeps its type; what is new is a number where it looks like one."""
    for line in text.split("\n"):
        name, _, value = (part.strip() for part in line.partition(":"))
        if name:
            same = name in before and _scalar_text(before[name]).strip() == value
            yield name, before[name] if same else _scalar(value)


def _scalar_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _scalar(text: str) -> str | int | float | bool | None:
    if text.casefold() in ("yes", "no"):
        return text.casefold() == "yes"
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text or None


def _share(text: str) -> object:
    """A percentage as a share; what is no number as it stands."""
    if not text.strip():
        return _LEFT_OUT
    try:
        return float(Decimal(text.replace("%", "").replace(",", ".").strip()) / 100)
    except InvalidOperation:
        return text


def _plain(number: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _field_of(error: ErrorDetails, document: Mapping[str, Any], known: Collection[str]) -> str:
    """The field an error is shown at: the nearest one at or above its place."""
    pointer = pointer_to(error["loc"], document, missing=True)
    steps = pointer.strip("/").split("/")
    for length in range(len(steps), 0, -1):
        name = ".".join(steps[:length])
        if name in known:
            return name
    return ".".join(steps)


_WORDS: dict[str, str] = {
    "missing": "This is needed.",
    "string_too_short": "Write something here: it is needed.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "too_long": "These are too many: at most {max_length}.",
    "greater_than": "This must be more than {gt}.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than": "This must be less than {lt}.",
    "less_than_equal": "This must be at most {le}.",
    "decimal_parsing": "Write a number, such as 12.50.",
    "float_parsing": "Write a number, such as 12.5.",
    "float_type": "Write a number, such as 12.5.",
    "int_parsing": "Write a whole number, such as 3.",
    "int_from_float": "Write a whole number, such as 3.",
    "finite_number": "Write a number, such as 12.50.",
    "date_parsing": "Choose a day.",
    "date_from_datetime_parsing": "Choose a day.",
    "date_from_datetime_inexact": "Choose a day, without a time.",
    "int_type": "Write a whole number, such as 3.",
    "decimal_type": "Write a number, such as 12.50.",
    "string_type": "Write something here: it is needed.",
    "time_type": "Write a time of day, such as 21:00.",
    "time_parsing": "Write a time of day, such as 21:00.",
    "literal_error": "Choose one of these: {expected}.",
    "url_parsing": "Write a whole address that begins with https://.",
    "url_scheme": "Write a whole address that begins with https://.",
    "url_type": "Write a whole address that begins with https://.",
}


def _in_words(error: ErrorDetails, field: Field) -> str:
    """What is wrong and how to mend it."""
    known = dict(error.get("ctx") or {})
    if field.looks and error["type"] == "string_pattern_mismatch":
        return field.looks
    if field.kind == "percent":
        known = {name: f"{_plain(Decimal(str(one)) * 100)} %" for name, one in known.items() if _is_number(one)}
    if "expected" in known:
        known["expected"] = str(known["expected"]).replace("'", "").replace("_", " ")
    template = _WORDS.get(error["type"])
    if template is not None:
        return template.format(**known)
    said = error["msg"].removeprefix("Value error, ").removeprefix("value is not a valid email address: ")
    return said[:1].upper() + said[1:].rstrip(".") + "."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
