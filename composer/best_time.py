"""When an e-mail is best sent to its customer, told beside it: whoever sends it decides."""

from __future__ import annotations

from datetime import datetime

from composer.documents import Brand
from memory.model import CustomerMemory
from memory.send_time import send_at
from prompts.model import Flow
from store import clock


def best_time(flow: Flow, brand: Brand, memory: CustomerMemory) -> datetime | None:
    """The next moment in the customer's window, outside the brand's quiet hours.

    None for what is not a campaign (a cart reminder is due when it is due), and for a stranger.
    """
    window = memory.window_by(brand.timezone) if flow.kind == "campaign" else None
    return None if window is None else send_at(clock.now(), window, brand.contact_rules)
