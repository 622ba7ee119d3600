"""Processes of ours that work on runs, and may have outgrown their limit of memory after a few recipients.

`python -m tests.kit.outgrowing worker …` is `penfriend worker …`; without words it is what a service has beside it.
"""

from __future__ import annotations

import sys
from functools import partial

from api import cli, run_process, working
from composer.runs.size import Size

FEW = 100


def main() -> None:
    """Be one of the two."""
    for module in (working, run_process):
        vars(module)["Size"] = partial(Size, least=FEW)
    if sys.argv[1:]:
        cli.main()
    else:
        run_process.main()


if __name__ == "__main__":
    main()
