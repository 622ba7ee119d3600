"""What the language detectors weigh: `python -m evals.harness.detector_memory`, for the latency suite.

A process of its own, because memory that Python has once taken is seldom given back. It prints `Memory` as JSON, and
nothing where the system has no /proc to ask.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from evals.draft import Block
from evals.guard import check_block
from evals.snapshot import BrandFacts, Frozen, Snapshot

STATUS = Path("/proc/self/status")
SHORT = "Hello."
FOREIGN = (
    "Das Zelt steht noch immer für dich bereit und wartet.",
    "La tente vous attend toujours, prête pour la nuit.",
    "La tienda sigue esperando, lista para la noche.",
)


class Memory(Frozen):
    """Resident memory of a process, in bytes."""

    before: int
    """The guard loaded and one text judged that is too short to tell its language."""
    after: int
    """Sentences of three languages judged."""


def measure() -> Memory:
    """Judge a short text, then foreign ones."""
    _judge(SHORT)
    before = _resident()
    for text in FOREIGN:
        _judge(text)
    return Memory(before=before, after=_resident())


def _judge(text: str) -> None:
    brand = BrandFacts(name="Shop", domain="shop.example", currency="USD")
    snapshot = Snapshot(flow="newsletter", send_date=date(2026, 1, 1), brand=brand)
    check_block(snapshot, Block(name="opening", text=text))


def _resident() -> int:
    """VmRSS of proc_pid_status(5), which is given in KiB."""
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__" and STATUS.is_file():
    sys.stdout.write(measure().model_dump_json())
