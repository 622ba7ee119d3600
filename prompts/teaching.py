"""What the prompts tell a model by way of orders and examples: the words that have no place in what it writes.

The short prompts (`opening.*`, `subject.*`, `pitch.*`) show turns of phrase that are to be carried over, so of their
answers only the names count; of the prompt for whole e-mails nothing is to be carried over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from prompts.environment import agreeing

_WHOLE_EMAIL = "write/email."
_TOLD = re.compile(r'(?:^task: |\binstruction: )"?([^"\n]+?)(?:"|, needs:|\}|$)', re.MULTILINE)
"""The sentences of a flow that a prompt passes on."""
_TOLD_ANEW = re.compile(r"^ {6}\w+: ([^\"\n]+)$", re.MULTILINE)
"""The same in the wording of another language (`prompts.wording.Spoken.flows`)."""
_SECTION = re.compile(r"^=== *(\w+) *$", re.MULTILINE)
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r"\"([^\"\n]{12,})\"|'([^'\n]{12,})'")
_NAMES = re.compile(
    r"Product: ([A-Z][^\n{]+)|^\d\. ([A-ZÀ-Þ][^:\n{]+):|\bthe ((?:[A-Z][a-z]+ )+[A-Z][a-z]+)\b"
    r"|[„«]\s?([A-ZÀ-Þ]\w+ [^„“«»{\n]+?)\s?[“»]",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Teaching:
    """`lines` must not be repeated, `names` are the products of the examples, `common` may be said by anybody."""

    lines: tuple[str, ...]
    names: tuple[str, ...]
    common: tuple[str, ...]


def read_teaching() -> Teaching:
    """Of the prompts, flows and fallbacks that come with the package."""
    root = Path(__file__).parent
    folders = ("write/*.jinja", "flows/*.yaml", "wording/*.yaml", "fallbacks/*/*.yaml")
    paths = sorted(path for folder in folders for path in root.glob(folder))
    return teaching_of({path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths})


def teaching_of(texts: Mapping[str, str]) -> Teaching:
    """A pure function of the files' texts by path."""
    told, shown, names = list[str](), list[str](), dict[str, None]()
    for path, text in texts.items():
        if path.startswith("write/"):
            for role, section in _both_numbers(text):
                carried = role == "assistant" and not path.startswith(_WHOLE_EMAIL)
                (shown if carried else told).extend(_plain_lines(section))
                names |= dict.fromkeys("".join(found).strip() for found in _NAMES.findall(section))
        elif path.startswith("flows/"):
            told += [sentence.strip() for sentence in _TOLD.findall(text)]
        elif path.startswith("wording/"):
            told += [sentence.strip() for sentence in _TOLD_ANEW.findall(text)]
    shown += [line for path, text in texts.items() if path.startswith("fallbacks/") for line in _plain_lines(text)]
    return Teaching(tuple(told), tuple(names), tuple(shown))


def _both_numbers(text: str) -> Iterator[tuple[str, str]]:
    """The sections, said of one and of several (`prompts.environment.agreeing`)."""
    said = dict.fromkeys(agreeing(text, several) for several in (False, True))
    return chain.from_iterable(map(_sections, said))


def _sections(text: str) -> Iterable[tuple[str, str]]:
    marks = list(_SECTION.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [(mark[1], text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def _plain_lines(section: str) -> list[str]:
    """Lines without Jinja, and the strings that stand inside it, a line each."""
    inside = [first or second for block in _JINJA.findall(section) for first, second in _LITERAL.findall(block)]
    outside = _JINJA.sub("\n", section).replace('"', "\n").splitlines()
    return [line.strip() for line in (*outside, *inside) if line.strip()]
