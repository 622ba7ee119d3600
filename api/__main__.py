"""`python -m api`: the same as `penfriend`."""

from __future__ import annotations

from api.cli import main

main()
