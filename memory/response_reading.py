"""What one customer responds to, and when: read off their state when somebody asks, as not every recall needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from memory.hour_priors import HourPriors
from memory.responses.model import Responses
from memory.responses.priors import ResponsePriors
from memory.responses.reading import responses
from memory.responses.trials import Trial, trials
from memory.send_time import SendWindow, send_window
from memory.state import State


@dataclass(frozen=True, slots=True)
class Habits:
    """What it is read off: a state and what the shop teaches, both left as they are."""

    state: State
    zone: ZoneInfo
    as_of: datetime
    response_priors: ResponsePriors
    hour_priors: HourPriors

    def responses(self) -> Responses:
        """Up to a millisecond for the most e-mails that are kept."""
        return responses(self.state, self.zone, self.as_of, self.response_priors)

    def trials(self) -> tuple[Trial, ...]:
        """Their newest e-mails that arrived long enough ago, newest first: a fraction of a millisecond."""
        return tuple(trials(self.state, self.zone, self.as_of))

    def send_window(self, zone: ZoneInfo | None = None) -> SendWindow:
        """When to write to them, by their clock, or by that of `zone`."""
        return send_window(self.state, zone or self.zone, self.as_of, self.hour_priors)
