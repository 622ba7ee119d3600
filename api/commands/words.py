"""`penfriend words`: let the model of the settings read what customers wrote, now rather than within the hour."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated

import typer

from api.console import Home, Json, emit, progress_bar
from api.house import open_house
from api.settings import Settings, WrongSetting, read_settings
from api.words import read_words
from composer.writers import open_word_reader
from memory.words.pending import Status

_Limit = Annotated[int, typer.Option("--limit", min=1, help="Reviews, surveys and notes at most.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(words)


def words(limit: _Limit = 500, home: Home = None, as_json: Json = False) -> None:
    """Let a model read reviews, surveys and notes that it has not read yet.

    `penfriend serve` does this every hour by itself where [words] names a model.
    """
    counts = asyncio.run(_read(read_settings(home), limit))
    answer = {status: counts[status] for status in ("read", "skipped", "failed")}
    sentence = "Read {read}; not to be sent {skipped}; failed, to be tried again {failed}.".format(**answer)
    emit(answer, as_json, lambda console: console.print(sentence, highlight=False))


async def _read(settings: Settings, limit: int) -> Counter[Status]:
    async with open_house(settings) as house:
        reader = open_word_reader(settings.words, settings.model, house.library, house.throttles)
        if reader is None:
            raise WrongSetting(
                "No model is named to read customers' own words.",
                pointer="PENFRIEND_WORDS__MODEL",
                fix='Set model under [words], for example "openai/gpt-5-mini". The rules read without one.',
            )
        with progress_bar() as bar:
            task = bar.add_task("reading", total=None)
            return await read_words(
                house.database, reader, limit, lambda done, total: bar.update(task, completed=done, total=total)
            )
