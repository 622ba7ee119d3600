"""`python -m benchmarks` (`make bench`): every benchmark that needs no data of others, at a size for a laptop."""

from __future__ import annotations

import subprocess
import sys
import time

RUNS: tuple[tuple[str, ...], ...] = (
    ("benchmarks.compose",),
    ("benchmarks.checks",),
    ("benchmarks.picks_latency",),
    ("benchmarks.search",),
    ("benchmarks.feeds", "--megabytes", "20"),
    ("benchmarks.encoding",),
    ("benchmarks.ingest",),
    ("benchmarks.fold",),
    ("benchmarks.big_memory", "--customers", "50000", "--events", "10000"),
    ("benchmarks.due", "--customers", "20000"),
    ("benchmarks.responses",),
    ("benchmarks.facts", "--episodes", "20000"),
    ("benchmarks.reports", "--episodes", "50000"),
    ("benchmarks.bandit", "--seeds", "3", "--customers", "300"),
    ("benchmarks.model_throughput",),
    ("benchmarks.studio", "--recipients", "50000"),
    ("benchmarks.studio_pages", "--customers", "50000", "--emails", "10000", "--episodes", "20000"),
    ("benchmarks.runs", "--sizes", "1000", "--customers", "5000"),
    ("benchmarks.pull",),
    ("benchmarks.handoff",),
    ("benchmarks.chaos",),
)


def main() -> int:
    """Run each in a process of its own, so that none measures the memory and caches of another."""
    failed = 0
    for module, *arguments in RUNS:
        sys.stdout.write(f"\n== {module} {' '.join(arguments)}\n")
        sys.stdout.flush()
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", module, *arguments], check=False)
        failed += done.returncode != 0
        sys.stdout.write(f"({time.perf_counter() - began:.0f} s)\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
