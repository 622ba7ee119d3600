"""What an arm is written with: its model, its prompts; or what everybody's e-mails are written with, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from composer.experiments.model import Arm
from composer.finish import Finisher
from composer.links import Links
from composer.panel import Panel
from composer.writing import Writer
from prompts import folders
from prompts.library import Library
from store.crypto import Keyring
from store.errors import PenfriendError

MODEL_GONE = "model_gone"
PROMPTS_GONE = "prompts_gone"
PROMPTS_CHANGED = "prompts_changed"
FLOW_CHANGED = "flow_changed"
"""Its flow reaches other people, or lacks what the campaign asks for (`composer.experiments.fitting`)."""
WritersFor = Callable[[Library], Sequence[Writer]]
"""One model, asked with the prompts of a library."""


@dataclass(frozen=True)
class Bench:
    """What an e-mail is written with."""

    library: Library
    writers: tuple[Writer, ...]
    finisher: Finisher
    panel: Panel | None = None


class Seated(NamedTuple):
    """A bench, and why it is not the one that was asked for; empty where it is."""

    bench: Bench
    fell_back: str = ""


class Benches:
    """Every bench of one process. What is opened once stays open: an arm is written alike from its first e-mail on."""

    def __init__(
        self,
        keyring: Keyring,
        usual: Bench,
        *,
        models: Mapping[str, WritersFor] | None = None,
        panel: Callable[[Library], Panel | None] | None = None,
        prompts: Path | None = None,
    ) -> None:
        """`models` by the names that an arm may ask for; the first is the one that is set, and writes `usual`.

        `prompts` holds folders with changed prompts; `panel` judges what is written with a library of those.
        """
        self.usual = usual
        self._links = Links(keyring)
        self._models = dict(models or {})
        self._panel = panel
        self._prompts = prompts
        self._open: dict[tuple[str, str, str], Seated] = {}

    @property
    def models(self) -> Collection[str]:
        """Names that an arm may ask for."""
        return self._models.keys()

    @property
    def prompts(self) -> list[str]:
        """Folders with changed prompts."""
        return folders.names(self._prompts) if self._prompts else []

    def library(self, name: str) -> Library:
        """With a folder's prompts, as they are now. Raises UnknownFolder, InvalidLibraryFile, InvalidPrompt."""
        return folders.load(self._prompts or Path(), name, self.usual.library)

    def of(self, arm: Arm | None) -> Seated:
        """What this arm is written with; the usual one, with the reason, where that is not to be had any more."""
        if arm is None or not (arm.model or arm.prompts):
            return Seated(self.usual)
        key = (arm.model, arm.prompts, arm.digest)
        if key not in self._open:
            self._open[key] = self._opened(arm)
        return self._open[key]

    def _opened(self, arm: Arm) -> Seated:
        if arm.model and arm.model not in self._models:
            return Seated(self.usual, MODEL_GONE)
        if not arm.prompts:
            return Seated(self._bench(arm.model, self.usual.library))
        try:
            library = self.library(arm.prompts)
        except PenfriendError:
            # Gone, or a file in it is broken: told on the experiment's page, under this reason.
            return Seated(self.usual, PROMPTS_GONE)
        if arm.digest and folders.digest(library) != arm.digest:
            return Seated(self.usual, PROMPTS_CHANGED)
        return Seated(self._bench(arm.model, library))

    def _bench(self, model: str, library: Library) -> Bench:
        asked = self._models.get(model or next(iter(self._models), ""))
        writers = self.usual.writers if asked is None else tuple(asked(library))
        same = library is self.usual.library
        finisher = self.usual.finisher if same else Finisher(library, self._links)
        panel = self.usual.panel if same or self._panel is None else self._panel(library)
        return Bench(library, writers, finisher, panel if writers else None)
