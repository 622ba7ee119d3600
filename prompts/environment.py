"""The two Jinja environments: sandboxed, strict about missing names, one for HTML and one for plain text."""

from __future__ import annotations

import re

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

_DETERMINED = re.compile(r"^(the|a|an|my|your|our)\b", re.IGNORECASE)
_ONE_OR_SEVERAL = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_ENDING = re.compile(r"\[\|\w*\]")
"""Of the name itself, `Bell[|s]`: a name is given as it is, so its examples may be too."""
_SEPARATOR = re.compile(r"\s[-–—|/]\s|,\s|\s\(|;\s")


def html_environment() -> ImmutableSandboxedEnvironment:
    """For markup: every value is escaped."""
    return _with_filters(ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined))


def text_environment() -> ImmutableSandboxedEnvironment:
    """For plain text and prompts: values go in as they are, so its output is never to be used as markup."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return _with_filters(environment)


def _with_filters(environment: ImmutableSandboxedEnvironment) -> ImmutableSandboxedEnvironment:
    environment.filters["the"] = with_article
    environment.filters["sentence"] = as_sentence
    environment.filters["sentence_case"] = sentence_case
    environment.filters["lowered"] = lowered
    environment.filters["short"] = short_name
    environment.filters["agreeing"] = agreeing
    return environment


def with_article(name: str) -> str:
    """`the Moka Pot`, but `The Long Walk` as it is: a name that brings its own article gets no second one."""
    return name if _DETERMINED.match(name) else f"the {name}"


def as_sentence(text: str) -> str:
    """First letter up, a full stop at the end unless it has an end mark."""
    text = text.strip()
    if not text:
        return ""
    return sentence_case(text) if text[-1] in ".!?…" else f"{sentence_case(text)}."


def sentence_case(text: str) -> str:
    """First letter up, the rest as it is."""
    return text[:1].upper() + text[1:]


def lowered(phrase: str) -> str:
    """A category inside a sentence: `Green tea` as `green tea`, `Teapots` as `teapots`, but `Assam` as it is.

    Only phrases in sentence case and single plurals are surely no names.
    """
    first, *others = phrase.split() or [""]
    ordinary = first[1:].islower() and all(word.islower() or word == "&" for word in others)
    return phrase[:1].lower() + phrase[1:] if ordinary and (others or phrase.endswith("s")) else phrase


def agreeing(text: str, several: bool | None) -> str:
    """`the Bell is here` or `the Bells are here` for `the Bell[|s] [is|are] here`.

    None where nobody can tell: `the Bell [is|are] here`, whose brackets say that it has to be said another way.
    """
    if several is None:
        return _ENDING.sub("", text)
    return _ONE_OR_SEVERAL.sub(r"\2" if several else r"\1", text)


def needs_number(text: str) -> bool:
    """Whether `agreeing` had to leave a word open."""
    return _ONE_OR_SEVERAL.search(text) is not None


def short_name(name: str) -> str:
    """A product name cut at the first separator that leaves two words, as it is said aloud.

    `Sony DSC-W120 Camera - 7.2 MP, Black` becomes `Sony DSC-W120 Camera`; without separator it stays whole.
    """
    head = _SEPARATOR.split(name, maxsplit=1)[0].strip()
    return head if len(head.split()) > 1 else name.strip()
