"""One call to a model: what is asked, and how its answer is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from composer.model_client import Completion
from composer.notes import Notes
from composer.writing import Example, WriteTask
from evals.verdict import Verdict
from prompts.model import Message
from prompts.template import PromptTemplate
from prompts.wording import Wording


@dataclass(frozen=True)
class Reading:
    """Texts by block key, or why there are none: `error` and `detail` go into the attempt."""

    texts: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Ask:
    """`keys` are the blocks the call is to write; `read` turns its completion into texts."""

    keys: tuple[str, ...]
    prompt: PromptTemplate
    messages: tuple[Message, ...]
    seed: int
    read: Callable[[Completion], Reading]
    schema: Mapping[str, Any] | None = None
    examples: tuple[Example, ...] = ()
    """What it shows of earlier e-mails."""

    @property
    def label(self) -> str:
        """Of the prompt, and of the examples in it: a record's prompt changes with either."""
        if not self.examples:
            return self.prompt.label
        shown = "\x1e".join(one.model_dump_json() for one in self.examples)
        return f"{self.prompt.label}+{hashlib.sha256(shown.encode()).hexdigest()[:12]}"


class PromptStyle(Protocol):
    """Turns a task into calls."""

    @property
    def takes_examples(self) -> bool:
        """Whether its calls show what reviewers liked (`WriteTask.examples`)."""
        ...

    def wording(self, locale: str) -> Wording:
        """The words of its library for the notes, in the nearest language."""
        ...

    def asks(
        self,
        task: WriteTask,
        notes: Notes,
        keys: Sequence[str],
        round_: int,
        verdicts: Mapping[str, Sequence[Verdict]],
    ) -> list[Ask]:
        """The calls of one round; a block this style does not write has none."""
        ...


def kind_of(key: str) -> str:
    """`pitch` for `pitch:uji-sencha`."""
    return key.partition(":")[0]


def draw(task: WriteTask, *parts: object) -> int:
    """31 bits that the same e-mail draws again each time it is asked for."""
    text = "\x1f".join([task.snapshot.fingerprint(), *map(str, parts)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFFFFFF
