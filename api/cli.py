"""The command line: `penfriend COMMAND`. Each command is in a module of `api.commands`.

Only the module of the command asked for is loaded: all of them together take two seconds and 170 MB, most of it the
database and the product index, and `penfriend check` needs neither.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from api import console

DEBUG = "--debug"
MODULES = {
    "demo": "demo",
    "init": "init",
    "serve": "serve",
    "studio": "studio",
    "worker": "worker",
    "workers": "worker",
    "import": "imports",
    "feeds": "feeds",
    "search": "search",
    "picks": "picks",
    "learn": "learn",
    "words": "words",
    "predictions": "predictions",
    "report": "reports",
    "results": "results",
    "attribution": "attribution",
    "simulate": "simulate",
    "power": "power",
    "evaluate": "off_policy",
    "alarms": "alarms",
    "experiment": "experiments",
    "holdout": "experiments",
    "customer": "customer",
    "lessons": "lessons",
    "compose": "compose",
    "due": "due",
    "run": "runs",
    "review": "review",
    "replay": "compose",
    "export": "export",
    "send": "send",
    "check": "check",
    "eval": "evaluate",
    "erase": "erase",
    "prove-erasure": "erase",
    "audit": "audit",
    "retention": "retention",
    "doctor": "doctor",
    "keys": "keys",
    "users": "users",
    "hooks": "hooks",
    "reindex": "reindex",
    "migrate": "migrate",
}
"""The module of `api.commands` that registers each command, in the order of the help page."""


def application(command: str = "") -> typer.Typer:
    """The application with the module of one command, or with all when there is no such command (the help page)."""
    app = typer.Typer(
        name="penfriend",
        help="Writes a different e-mail to every customer of a shop, and can prove every line of it.",
        epilog="Every command takes --json (machine-readable) and --debug (tracebacks).",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    # With a callback typer keeps the command's name in the line, also where there is only one.
    app.callback()(lambda: None)
    for module in [MODULES[command]] if command in MODULES else dict.fromkeys(MODULES.values()):
        import_module(f"api.commands.{module}").register(app)
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit.

    0 done, 1 failed, 2 wrong use, 3 not found, 4 not allowed, 5 conflict, 6 unavailable, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Taken out here, so that it works wherever it stands in the line.
    debug = DEBUG in arguments
    arguments = [argument for argument in arguments if argument != DEBUG]
    try:
        application(*arguments[:1])(args=arguments, prog_name="penfriend")
    except KeyboardInterrupt:
        sys.exit(console.INTERRUPTED)
    # The outermost frame: whatever went wrong becomes a panel and an exit code, unless --debug asks for more.
    except Exception as error:
        if debug:
            raise
        sys.exit(console.report(error, "--json" in arguments))
