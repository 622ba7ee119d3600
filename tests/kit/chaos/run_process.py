"""`api.run_process` in a shop of these tests, with their encoder."""

from __future__ import annotations

from functools import partial

from api import run_process
from api.house import open_house
from tests.kit.chaos.shop import ENCODER
from tests.kit.factories import LIBRARY

if __name__ == "__main__":
    run_process.main(partial(open_house, encoder=ENCODER, library=LIBRARY))
