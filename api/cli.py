"""The command line: `penfriend COMMAND`. Each command is a module of `api.commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from api import console
from api.commands import compose, demo, doctor, imports, init, keys, migrate, serve

DEBUG = "--debug"

app = typer.Typer(
    name="penfriend",
    help="Writes a different e-mail to every customer of a shop, and can prove every line of it.",
    epilog="Every command takes --json (machine-readable) and --debug (tracebacks).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (demo, init, serve, imports, compose, doctor, keys, migrate):
    module.register(app)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit.

    0 done, 1 failed, 2 wrong use, 3 not found, 4 not allowed, 5 conflict, 6 unavailable, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Taken out here, so that it works wherever it stands in the line.
    debug = DEBUG in arguments
    arguments = [argument for argument in arguments if argument != DEBUG]
    try:
        app(args=arguments, prog_name="penfriend")
    except KeyboardInterrupt:
        sys.exit(console.INTERRUPTED)
    # The outermost frame: whatever went wrong becomes a panel and an exit code, unless --debug asks for more.
    except Exception as error:
        if debug:
            raise
        sys.exit(console.report(error, "--json" in arguments))
