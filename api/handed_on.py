"""What a process of ours and the one that started it tell each other, each as a line of JSON through a pipe of theirs.

The first line is the parent's settings; the child's lines are what it knows of itself. A line that is none of these
was printed by something else in that process, before it could keep stdout to itself.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic_core import to_jsonable_python
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from api.settings import Settings, WrongSetting
from composer.breaker import State

MAX_LINE = 16 * 1024 * 1024
"""Bytes. Metrics with all their labels are some hundred KB."""


class Failure(BaseModel):
    """Why a process ends without having done its work. Nothing in it quotes a setting's value or a person."""

    reason: str
    detail: str
    fix: str | None = None


class Told(BaseModel):
    """What a process that works on runs says of itself."""

    model_config = ConfigDict(extra="forbid")

    metrics: str
    """All of its metrics in Prometheus' text format."""
    worker: str = ""
    """Its id in the list of workers; empty before it works, and when it has ended."""
    breakers: dict[str, State] = {}
    """How each writer's model stands with it, by the writer's name."""
    failure: Failure | None = None

    def as_line(self) -> bytes:
        """For the pipe."""
        return self.model_dump_json().encode() + b"\n"


class _Handed(Settings):
    """What the parent says and nothing else: neither its file nor the environment is asked again, which may have
    changed since."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The arguments alone."""
        return (init_settings,)


def as_line(settings: Settings) -> bytes:
    """All of them, secrets included, whatever they were read from."""
    return orjson.dumps(settings.model_dump(), default=_plain) + b"\n"


def from_line(line: bytes) -> Settings:
    """The same settings. Raises WrongSetting, which names the setting and not its value."""
    try:
        return _Handed(**orjson.loads(line))
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WrongSetting(f"The setting {where} was handed on wrongly ({first['type']}).") from error
    except (orjson.JSONDecodeError, TypeError) as error:
        raise WrongSetting("No settings were handed on.", fix="Start `penfriend serve` or `worker`.") from error


def told(line: bytes) -> Told | None:
    """What the process says; None for a line that something else printed."""
    try:
        return Told.model_validate_json(line)
    except ValidationError:
        return None


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else to_jsonable_python(value)
