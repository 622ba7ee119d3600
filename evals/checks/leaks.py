"""`internal.leak`: words that were said to the model, not by it: its orders, its examples, the judge's remarks.

A small model that has little to say repeats what it was shown. Six words in a row out of a prompt, one of them changed
perhaps, are held back when any of them is foreign to this e-mail; so are the names of the examples' products.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from evals.licences import SHINGLE
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.tokens import Token, tokenise
from evals.world import World
from prompts.teaching import read_teaching

LONG_RUN = 8
"""So many words in the prompt's own order are a copy, even if each of them is common."""
_REASON = "It repeats what only the writer was told."


class Echoes(NamedTuple):
    """The prompts as checks look them up."""

    by_ends: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]]
    """First and last word of a run to the runs: a changed word may stand between, so that looking is one step."""
    names: Mapping[str, tuple[tuple[str, ...], ...]]
    """First word of an example's product to its words."""
    common: frozenset[str]
    """Words that our templates use, and may be said by anybody."""


@lru_cache(maxsize=1)
def echoes() -> Echoes:
    """The shipped prompts, read once."""
    teaching = read_teaching()
    free = {run for line in teaching.common for run in _runs(_words(line))}
    runs = {run for line in teaching.lines for run in _runs(_words(line))} - free
    names = {name for name in map(_words, teaching.names) if len(name) >= 2}
    common = frozenset(word for line in teaching.common for word in _words(line))
    by_ends: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for run in sorted(runs):
        by_ends.setdefault((run[0], run[-1]), []).append(run)
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for name in sorted(names):
        by_first.setdefault(name[0], []).append(name)
    return Echoes(
        {ends: tuple(found) for ends, found in by_ends.items()},
        {first: tuple(found) for first, found in by_first.items()},
        common - frozenset(word for name in names for word in name),
    )


def _words(line: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokenise(line, "en", ()))


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))


@rule("internal.leak", more=True)
def leaked(passage: Passage, world: World) -> Iterable[Finding]:
    """Orders and examples of the prompt, the names in them, and remarks of the judge on an earlier try."""
    for hit in passage.hits("prompt.verdict"):
        yield Finding((hit.start, hit.end), _REASON)
    tokens = passage.tokens
    words = [token.word for token in tokens]
    yield from _names(world, tokens, words)
    for start, end in _copies(world, words):
        yield Finding((tokens[start].start, tokens[end - 1].end), _REASON)
        return


def _names(world: World, tokens: Sequence[Token], words: Sequence[str]) -> Iterable[Finding]:
    known = echoes().names
    for at, word in enumerate(words) if not known.keys().isdisjoint(words) else ():
        for name in known.get(word, ()):
            said = tokens[at : at + len(name)]
            titled = tuple(words[at : at + len(name)]) == name and all(token.surface[0].isupper() for token in said)
            if titled and not all(stem(part) in world.known_words for part in name):
                yield Finding((said[0].start, said[-1].end), _REASON)


def _copies(world: World, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Token ranges that copy a prompt: with a foreign word among those that agree, or long and word for word."""
    by_ends, exact = echoes().by_ends, 0
    if by_ends.keys().isdisjoint(zip(words, words[SHINGLE - 1 :], strict=False)):
        return
    for at, ends in enumerate(zip(words, words[SHINGLE - 1 :], strict=False)):
        runs = by_ends.get(ends)
        agreed = _agreed(tuple(words[at : at + SHINGLE]), runs) if runs else ()
        exact = exact + 1 if len(agreed) == SHINGLE else 0
        start = at - max(exact - 1, 0)
        is_long = exact and at + SHINGLE - start >= LONG_RUN
        is_copy = agreed and (is_long or any(_is_foreign(world, word) for word in agreed))
        if is_copy and not _is_fact(world, words[start : at + SHINGLE]):
            yield start, at + SHINGLE


def _agreed(window: tuple[str, ...], runs: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The words that window and prompt share, place by place; empty when more than one differs."""
    for run in runs:
        same = tuple(word for word, other in zip(window, run, strict=True) if word == other)
        if len(same) >= SHINGLE - 1:
            return same
    return ()


def _is_foreign(world: World, word: str) -> bool:
    common = word in word_list("function_words_en") or word in echoes().common
    return not common and stem(word) not in world.known_words


def _is_fact(world: World, words: Sequence[str]) -> bool:
    said = f" {' '.join(words)} "
    return any(said in f" {' '.join(_words(text))} " for text in world.fact_texts)
