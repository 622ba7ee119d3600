"""A prompt file: front matter that declares its variables, then one section a chat message.

    ---
    variables:
      product: the pick's name
    max_tokens: 60
    ---
    === system
    You write one line of an e-mail.
    === user
    Product: {{ product }}

Sections may repeat (few-shot examples are pairs of `=== user` and `=== assistant`). Text before the first
section, an undeclared or unused variable, and a key that is not known are errors at load.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast

import yaml
from jinja2 import Template, TemplateSyntaxError, meta
from pydantic import Field, ValidationError

from prompts.environment import text_environment
from prompts.frozen import Frozen
from prompts.model import Message
from store.errors import InvalidInput
from store.plain_yaml import read_yaml

_SECTION = re.compile(r"^=== *(\w+) *$", re.MULTILINE)
Role = Literal["system", "user", "assistant"]
_ROLES = ("system", "user", "assistant")


class InvalidPrompt(InvalidInput):
    """A prompt file, or the variables given to it, are not as declared."""

    reason = "invalid_prompt"


class Header(Frozen):
    """The front matter."""

    variables: dict[str, str] = Field(default_factory=dict)
    """Name to description: every variable the sections read, and no other."""
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A validated prompt. `version` is the SHA-256 of the file."""

    name: str
    version: str
    variables: dict[str, str]
    max_tokens: int | None
    temperature: float | None
    stop: tuple[str, ...]
    _sections: tuple[tuple[Role, Template], ...] = field(repr=False)

    @property
    def label(self) -> str:
        """`name@version` with the version's first 12 characters, as records show it."""
        return f"{self.name}@{self.version[:12]}"

    def render(self, **variables: object) -> list[Message]:
        """The chat messages; empty ones are left out.

        Raises InvalidPrompt that names each variable that is missing or not declared.
        """
        missing = sorted(self.variables.keys() - variables.keys())
        if missing:
            raise InvalidPrompt(f"Prompt {self.name} misses {', '.join(missing)}.", fix="Pass every declared variable.")
        unknown = sorted(variables.keys() - self.variables.keys())
        if unknown:
            raise InvalidPrompt(
                f"Prompt {self.name} does not know {', '.join(unknown)}.",
                fix=f"It declares: {', '.join(sorted(self.variables)) or 'none'}.",
            )
        rendered = ((role, template.render(variables).strip()) for role, template in self._sections)
        return [Message(role=role, content=content) for role, content in rendered if content]


def parse_prompt(name: str, text: str, version: str, source: str) -> PromptTemplate:
    """Read one prompt file. `source` is the path that errors name.

    Raises InvalidPrompt with the line or field, and what to do.
    """
    header, body, offset = _split(text, source)
    environment = text_environment()
    sections: list[tuple[Role, Template]] = []
    used: set[str] = set()
    for role, content, line in _sections(body, offset, source):
        try:
            used |= meta.find_undeclared_variables(environment.parse(content))
            sections.append((role, environment.from_string(content)))
        except TemplateSyntaxError as error:
            raise InvalidPrompt(
                f"{source}: {error.message}",
                pointer=f"line {line + error.lineno - 1}",
                fix="Correct the Jinja.",
            ) from error
    _check_variables(header, used, source)
    return PromptTemplate(
        name=name,
        version=version,
        variables=header.variables,
        max_tokens=header.max_tokens,
        temperature=header.temperature,
        stop=header.stop,
        _sections=tuple(sections),
    )


def _split(text: str, source: str) -> tuple[Header, str, int]:
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        raise InvalidPrompt(
            f"{source} has no front matter.", pointer="line 1", fix="Start it with --- variables: {} ---."
        )
    end = next(number for number, line in enumerate(lines[1:], start=1) if line.strip() == "---")
    try:
        header = Header.model_validate(read_yaml("\n".join(lines[1:end])) or {})
    except yaml.YAMLError as error:
        raise InvalidPrompt(f"{source}: the front matter is not YAML: {error}", pointer="line 1") from error
    except ValidationError as error:
        first = error.errors()[0]
        pointer = "/" + "/".join(str(part) for part in first["loc"])
        raise InvalidPrompt(f"{source}: {first['msg']}", pointer=pointer, fix="Correct this field.") from error
    return header, "\n".join(lines[end + 1 :]), end + 1


def _sections(body: str, offset: int, source: str) -> list[tuple[Role, str, int]]:
    """(role, text from the end of the section's line on, number of that line) for each section."""
    marks = list(_SECTION.finditer(body))
    if not marks or body[: marks[0].start()].strip():
        raise InvalidPrompt(
            f"{source} has text outside a section.",
            pointer=f"line {offset + 1}",
            fix="Begin with === system.",
        )
    ends = [mark.start() for mark in marks[1:]] + [len(body)]
    found: list[tuple[Role, str, int]] = []
    for mark, end in zip(marks, ends, strict=True):
        line = offset + body.count("\n", 0, mark.start()) + 1
        if mark[1] not in _ROLES:
            raise InvalidPrompt(
                f"{source}: no such section: {mark[1]}.",
                pointer=f"line {line}",
                fix=f"Use {', '.join(_ROLES)}.",
            )
        found.append((cast(Role, mark[1]), body[mark.end() : end], line))
    return found


def _check_variables(header: Header, used: set[str], source: str) -> None:
    undeclared = sorted(used - header.variables.keys())
    if undeclared:
        raise InvalidPrompt(
            f"{source} uses {', '.join(undeclared)} without declaring it.",
            pointer="/variables",
            fix="Declare it.",
        )
    unused = sorted(header.variables.keys() - used)
    if unused:
        raise InvalidPrompt(
            f"{source} declares {', '.join(unused)} but no section uses it.",
            pointer="/variables",
            fix="Drop it.",
        )
