"""What one more event costs a customer's memory after 10, 1,000 and 100,000 others: folding it, reading, writing.

    python -m benchmarks.fold [--events 100000]

Processor time a single event of the traffic of `benchmarks.ingest`, each folded into a fresh copy of one customer's
state; reading opens what is sealed and writing seals it, and neither asks a database. Lists and maps fill up over the
first hundreds of events; from there on the figures should not grow.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson

from benchmarks.ingest import START, make_messages
from memory.events import Event, parse
from memory.fold import fold
from memory.state import State, empty
from store.crypto import Keyring

PROBES = 400
"""Events measured, one copy of the state for each."""
AFTER = (10, 1_000, 100_000)


@dataclass(frozen=True)
class Cost:
    """Of one event, in µs of processor time; the stored state in bytes."""

    fold: float
    read: float
    write: float
    size: int


def events_of(count: int) -> list[Event]:
    """One customer's traffic."""
    received = START + timedelta(seconds=30 * count)
    return [parse(message, received) for message in make_messages(count, customers=1)]


def cost(state: State, probes: Sequence[Event]) -> Cost:
    """Of each of `probes`, as the next event after those in `state`."""
    keyring = Keyring.generate()
    copies: list[State] = []
    stored = keyring.encrypt(orjson.dumps(state))
    read = _timed(lambda: copies.extend(orjson.loads(keyring.decrypt(stored)) for _ in probes))
    folded = _timed(lambda: [fold(copy, [event]) for copy, event in zip(copies, probes, strict=True)])
    written = _timed(lambda: [keyring.encrypt(orjson.dumps(copy)) for copy in copies])
    each = 1e6 / len(probes)
    return Cost(folded * each, read * each, written * each, len(stored))


def _timed(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    gc.collect()
    gc.disable()
    started = time.process_time()
    work()
    spent = time.process_time() - started
    gc.enable()
    return spent


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=AFTER[-1], help="of the longest history")
    options = parser.parse_args()
    after = [*(count for count in AFTER if count < options.events), options.events]
    events = events_of(options.events + PROBES)
    state, seen = empty(), 0
    costs: list[Cost] = []
    for count in after:
        state = fold(state, events[seen:count])
        seen = count
        costs.append(cost(state, events[count : count + PROBES]))
        one = costs[-1]
        print(
            f"after {count:7,} events  fold {one.fold:6.1f} µs   read {one.read:6.1f} µs   write {one.write:6.1f} µs   "
            f"state {one.size / 1000:6.1f} kB"
        )
    filled, last = costs[-2], costs[-1]
    print(f"after {after[-1]:,} against {after[-2]:,}: fold x {last.fold / filled.fold:.2f}, ", end="")
    print(f"state x {last.size / filled.size:.2f}; against {after[0]}: fold x {last.fold / costs[0].fold:.2f}")


if __name__ == "__main__":
    main()
