"""The wordings of reasons by language: `words/en.yaml`, `words/de.yaml` …, the same keys in every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from store.plain_yaml import read_yaml

FOLDER = Path(__file__).parent / "words"
CAPITAL_NOUNS = frozenset({"de", "lb"})
"""Languages that write common nouns with a capital within a sentence."""


@dataclass(frozen=True)
class ReasonWords:
    """The wordings of one language. One that has no file says nothing: a reason may be missing, never foreign."""

    language: str
    wordings: Mapping[str, tuple[str, ...]]

    def say(self, key: str, **values: str) -> list[str]:
        """Every wording of a key, filled in. Raises KeyError for a key that no language has."""
        if not self.wordings:
            return [""]
        filled = list(self.wordings[key])
        for place, value in values.items():
            filled = [wording.replace(f"{{{place}}}", value) for wording in filled]
        return filled

    @property
    def lowers(self) -> bool:
        """Whether a common noun is written small within a sentence."""
        return self.language not in CAPITAL_NOUNS


@lru_cache(maxsize=32)
def words_for(locale: str) -> ReasonWords:
    """Those of a BCP 47 tag's language."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    path = FOLDER / f"{language}.yaml"
    if not language.isalpha() or not path.is_file():
        return ReasonWords(language, {})
    listed = read_yaml(path.read_text(encoding="utf-8"))
    return ReasonWords(language, {key: tuple(wordings) for key, wordings in listed.items()})
