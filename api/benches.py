"""What arms of experiments may be written with here: the models and the folders of prompts that settings name."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from api.settings import Settings
from composer.comparing.model import TEMPLATES
from composer.experiments.benches import Bench, Benches, WritersFor
from composer.finish import Finisher
from composer.links import Links
from composer.model_writer import ModelWriter
from composer.panel import Judges
from composer.plan import Picker
from composer.service import Composer
from composer.throttle import Throttles
from composer.writers import open_panel, open_writers, with_prompts
from evals import judges
from prompts.library import Library
from store.crypto import Keyring
from store.database import Database


def model_names(settings: Settings) -> list[str]:
    """Models that may be asked for by name: those that are set, those that settings list, and none at all."""
    model = settings.model
    named = [model.model, model.fallback_model, model.judge_model, *settings.compare.models, TEMPLATES]
    return list(dict.fromkeys(name for name in named if name))


async def open_benches(
    stack: AsyncExitStack,
    settings: Settings,
    keyring: Keyring,
    library: Library,
    writers: tuple[ModelWriter, ...],
    throttles: Throttles,
) -> Benches:
    """The usual bench, and what others are made of; models that only arms ask are closed with the stack.

    Nothing is asked or loaded before the first e-mail that needs it. Raises BadJudge.
    """

    def panel(of: Library) -> Judges | None:
        return open_panel(settings.model, of, named, throttles)

    named = (*judges.installed(), *judges.named(settings.judges))
    models: dict[str, WritersFor] = {settings.model.model: partial(with_prompts, writers, settings.model)}
    for name in model_names(settings)[1:]:
        asking = settings.model.asking(name)
        if name == TEMPLATES:
            models[name] = _nobody
        else:
            opened = await stack.enter_async_context(open_writers(asking, library, settings.home, throttles))
            models[name] = partial(with_prompts, opened, asking)
    usual = Bench(library, writers, Finisher(library, Links(keyring)), panel(library))
    return Benches(keyring, usual, models=models, panel=panel, prompts=settings.prompts_dir)


def templates_only(settings: Settings, database: Database, library: Library, picker: Picker) -> Composer:
    """A composer without any model: every arm with its own prompts and versions, every block from its template."""
    keyring = database.keyring
    usual = Bench(library, (), Finisher(library, Links(keyring)))
    models: dict[str, WritersFor] = dict.fromkeys(model_names(settings), _nobody)
    return Composer(
        database=database,
        keyring=keyring,
        library=library,
        picker=picker,
        writers=(),
        benches=Benches(keyring, usual, models=models, prompts=settings.prompts_dir),
    )


def _nobody(library: Library) -> tuple[ModelWriter, ...]:
    """Every block comes from its template."""
    return ()
