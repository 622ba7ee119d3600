"""Commands run in this process, as a shell would see them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from api.cli import main


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def answers(self) -> list[dict[str, Any]]:
        """Lines of stdout, each a document."""
        return [json.loads(line) for line in self.out.splitlines()]


def run_command(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """Run `penfriend` with these arguments to its exit."""
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    printed = capsys.readouterr()
    return Ran(int(ended.value.code or 0), printed.out, printed.err)
