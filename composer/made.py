"""What is handed from step to step: what was read for one e-mail, and what writing it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.bandit.model import Policy
from composer.campaigns import CampaignVersion
from composer.contract import ComposeResult
from composer.emails import RecentEmail
from composer.experiments.seating import Seat
from composer.finish import Finished
from composer.lessons.taught import NOTHING, Taught
from composer.permission import Errand, Permission
from composer.placing import Steering
from composer.plan import UNLEARNED
from memory.contacting.claiming import Claim
from memory.model import CustomerMemory
from prompts.model import Flow


@dataclass(frozen=True, slots=True)
class Ready:
    """What was read for one e-mail."""

    errand: Errand
    flow: Flow
    step: str
    memory: CustomerMemory
    permission: Permission
    recent: Sequence[RecentEmail]
    steering: Steering
    already: ComposeResult | None
    """The e-mail under this idempotency key, where it is written already."""
    seat: Seat
    """The experiment and arm they are in, and by what their e-mail is written."""
    taught: Taught = NOTHING
    """What reviews of earlier e-mails taught."""
    policy: Policy = UNLEARNED
    """How its arms are drawn."""
    experiment: str = ""
    variant: str = ""
    """The arm of the experiment it is in; both empty for none."""
    gated: bool = False
    """Whether a run of the campaign was ever behind a gate."""

    @property
    def version(self) -> CampaignVersion:
        """Of the campaign."""
        return self.errand.version

    @property
    def claim(self) -> Claim:
        """What the contact rules are asked once it is written: its quiet hours were asked about before."""
        memory = self.memory
        choices = self.permission.choices
        learned, zone = self.errand.learned(memory), memory.profile.timezone
        claim = self.errand.claim(memory.external_id, memory.customer_id, zone, choices, learned)
        return replace(claim, asked=replace(claim.asked, ahead=True))


@dataclass(frozen=True, slots=True)
class Made:
    """What writing came to, not yet stored."""

    ready: Ready
    made: Finished | ComposeResult
    """The finished e-mail, or the skip."""

    @property
    def result(self) -> ComposeResult:
        return self.made.result if isinstance(self.made, Finished) else self.made
