"""What is found before a run is started: checks in plain words, whom it reaches, and what it will take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, Field

from composer.runs.audiences.report import AudienceReport
from composer.runs.model import RunRequest
from store.errors import Conflict


class Level(StrEnum):
    """What a check means for the start."""

    OK = "ok"
    WARN = "warn"
    """Worth knowing; the run may start."""
    STOP = "stop"
    """The run cannot start like this."""


class Check(BaseModel):
    """One thing looked at."""

    name: str
    level: Level
    detail: str
    fix: str = ""


class Estimate(BaseModel):
    """What the whole run will take, extrapolated."""

    based_on: str
    """`3 sample e-mails`, or the earlier run it is taken from."""
    emails: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where the model's price is not known."""
    seconds: float
    """With this one process working."""


class PreflightRequest(RunRequest):
    """The run that is meant, and what else to look at."""

    send_by: AwareDatetime | None = None
    """When the last of these e-mails goes out; None is as soon as it is written."""
    samples: int = Field(default=3, ge=0, le=20)
    """E-mails the model writes to tell what the run takes, where no earlier run of the campaign tells it."""
    follow_links: bool = False
    """Ask the shop's server for each link of the samples (HEAD)."""


class PreflightReport(BaseModel):
    """May it start, and what will come of it."""

    campaign: str
    campaign_version: int
    at: datetime
    ready: bool
    """No check says stop."""
    checks: list[Check]
    audience: AudienceReport
    estimate: Estimate | None = None


class PreflightFailed(Conflict):
    """A check says stop: nobody was written to."""

    reason = "preflight_failed"


def require_ready(report: PreflightReport) -> None:
    """Raises PreflightFailed with what is wrong and what to do about it."""
    stops = [check for check in report.checks if check.level is Level.STOP]
    if stops:
        raise PreflightFailed(" ".join(check.detail for check in stops), fix=" ".join(_fixes(stops)))


def _fixes(stops: Sequence[Check]) -> list[str]:
    return list(dict.fromkeys(check.fix for check in stops if check.fix))
