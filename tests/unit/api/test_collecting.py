"""What an e-mail leaves behind in a process that works on runs, until it is collected."""

from __future__ import annotations

import subprocess
import sys

from tests.kit.patience import PATIENCE_S

LEAVE_SOMETHING_BEHIND = """
import gc, sys, weakref
from api import house
house.collect_as_runs_want()

class Knot:
    pass

def leave():
    knot = Knot()
    knot.itself = knot
    return weakref.ref(knot), knot

left, in_hand = leave()
# It is still in use when new objects are collected for the first time.
gc.collect(0)
del in_hand
kept = []
rounds = 0
while left() is not None and rounds < 10:
    kept.append([[] for _ in range(house.NEW_OBJECTS_OF_RUNS)])
    rounds += 1
sys.exit(left() is not None)
"""


def test_what_outlived_a_first_collection_is_gone_a_thousand_e_mails_later() -> None:
    # In a process of its own: what is open in it is left out of collections for good.
    done = subprocess.run([sys.executable, "-c", LEAVE_SOMETHING_BEHIND], timeout=PATIENCE_S, check=False)
    assert done.returncode == 0
