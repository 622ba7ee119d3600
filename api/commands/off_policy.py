"""`penfriend evaluate`: what another policy would have come to, by the log of what was decided."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from api.console import Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.settings import Settings, read_settings
from composer.ope.evaluating import Evaluation, evaluate
from composer.ope.judging import Judged, Scope
from composer.ope.wording import NAMES, VERDICTS
from store import clock


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("evaluate")(evaluate_policy)


def evaluate_policy(
    policy: Annotated[
        str, typer.Argument(help="even, prior or thompson (also: learned), or a YAML file with odds of arms.")
    ],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day whose e-mails count (UTC).")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Judge a policy before it decides about anybody, by the e-mails that others decided and what came of them.

    A file says what if: `odds: {tone: {warm: 2, plain: 1}}`, in one flow `flows: {win_back: {length: {short: 1}}}`.
    What it does not name stays as it was decided.
    """
    found = asyncio.run(_evaluate(read_settings(home), policy, since))
    emit(found, as_json, lambda console: _show(console, found))


async def _evaluate(settings: Settings, policy: str, since: datetime | None) -> Evaluation:
    async with open_database(settings) as database:
        with progress_bar() as bar:
            task = bar.add_task("reading decisions", total=None)
            return await evaluate(
                database,
                policy,
                clock.now(),
                since=None if since is None else since.replace(tzinfo=UTC),
                progress=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
            )


def _show(console: Console, found: Evaluation) -> None:
    for sentence in found.sentences:
        console.print(sentence, highlight=False)
    if found.missing:
        console.print(f"{found.missing:,} e-mails did not arrive, or nothing was reported of them.", highlight=False)
    if not found.emails:
        return
    columns = ("flow", "metric, a 1,000 e-mails", "as it was", "with this policy", "difference (95 %)", "verdict")
    console.print(table(columns, [_row(scope, one) for scope in found.scopes for one in scope.metrics]))
    reach = ("flow", "e-mails", "worth", "mean weight", "largest", "top 1 % have")
    console.print(table(reach, [_reach(scope) for scope in found.scopes if scope.reach], "How far the log reaches"))


def _row(scope: Scope, one: Judged) -> tuple[object, ...]:
    difference = one.difference["dr"].wider
    return (
        scope.flow or "all",
        NAMES.get(one.metric, one.metric),
        f"{one.logged.value * 1000:,.1f}",
        f"{one.candidate['dr'].value * 1000:,.1f}",
        f"{difference.low * 1000:+,.1f} to {difference.high * 1000:+,.1f}",
        VERDICTS[one.verdict],
    )


def _reach(scope: Scope) -> tuple[object, ...]:
    reach = scope.reach
    assert reach is not None
    weights = (f"{reach.mean:.2f}", f"{reach.largest:,.1f}", f"{reach.top_share:.0%}")
    return scope.flow or "all", f"{reach.emails:,}", f"{reach.effective:,.0f}", *weights
