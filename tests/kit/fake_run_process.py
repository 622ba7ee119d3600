"""Stands in for `api.run_process`: speaks as it does, loads nothing, and misbehaves as it is told.

`python fake_run_process.py LIVES HOW [HOW_NEXT …]`: each start adds its pid to the file LIVES, and behaves as the next
word says; the last word holds for all later starts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

METRICS = """\
# TYPE penfriend_emails_total counter
penfriend_emails_total{outcome="model",reason="ok"} 2.0
# TYPE penfriend_llm_in_flight_requests gauge
penfriend_llm_in_flight_requests{model="openai/x"} 4.0
"""


def _tell(**what: object) -> None:
    sys.stdout.write(json.dumps({"metrics": METRICS} | what) + "\n")
    sys.stdout.flush()


def _work(pid: int, *, mute: bool = False) -> None:
    _tell(worker=f"wrk_{pid}", breakers={"openai/x": "open"})
    for _ in sys.stdin:
        if not mute:
            _tell(worker=f"wrk_{pid}", breakers={"openai/x": "closed"})
    if mute:
        time.sleep(600)


def main(lives: Path, *ways: str) -> None:
    """Live once."""
    pid = os.getpid()
    with lives.open("a") as file:
        file.write(f"{pid}\n")
    count = len(lives.read_text().splitlines())
    how = ways[min(count, len(ways)) - 1]
    settings = sys.stdin.readline()
    assert json.loads(settings)["home"]
    if how == "fail":
        _tell(failure={"reason": "bad_judge", "detail": "There is no judge called Ann.", "fix": "Name another."})
        sys.exit(1)
    if how == "noise":
        sys.stdout.write("loading the judge\n3\n{}\n[" + "x" * 100_000 + "\n")
    if how == "never":
        time.sleep(600)
    _work(pid, mute=how == "mute")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
