"""Before anything is read for an e-mail: which arm its customer is in, and by what it is written for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import Campaigns, CampaignVersion
from composer.contract import ComposeRequest
from composer.experiments.benches import FLOW_CHANGED, Bench, Benches
from composer.experiments.board import Board, Boards
from composer.experiments.fitting import misfit
from composer.experiments.model import NOWHERE, Arm, Place
from composer.experiments.service import get_experiment
from composer.picking import step_of
from prompts.model import Flow
from store import clock
from store.errors import InvalidInput


class UnknownVariant(InvalidInput):
    """A preview asks for an arm that there is not."""

    reason = "unknown_variant"


@dataclass(frozen=True, slots=True)
class Seat:
    """By what one e-mail is written."""

    place: Place
    version: CampaignVersion
    flow: Flow
    step: str
    bench: Bench
    fell_back: str = ""
    """Why it is not written as its arm asks (`composer.experiments.benches`); empty where it is."""


class Seating:
    """Gives customers their seats. Safe to share between the tasks of one event loop."""

    def __init__(self, benches: Benches, campaigns: Campaigns) -> None:
        self._benches = benches
        self._campaigns = campaigns
        self._boards = Boards()

    @property
    def benches(self) -> Benches:
        """What arms are written with."""
        return self._benches

    @property
    def kept(self) -> tuple[int | None, Board]:
        """What was in force at the last look, and its revision; None before the first one."""
        return self._boards.kept

    async def board(self, session: AsyncSession, revision: int | None = None) -> Board:
        """What is in force; `revision` is the board's, where it is known."""
        return await self._boards.board(session, revision)

    async def seats(
        self,
        session: AsyncSession,
        requests: Sequence[ComposeRequest],
        own: CampaignVersion,
        *,
        experiments: bool = True,
        revision: int | None = None,
    ) -> dict[str, Seat]:
        """Of each customer, for e-mails of one campaign, whose `own` version whoever is in no experiment gets.

        Without `experiments` nobody is in any: that is what a draft of a campaign is read by. `revision` is the
        board's, where it is known.
        Raises InvalidInput (a step that the flow does not have), UnknownExperiment and UnknownVariant (previews).
        """
        board = await self._boards.board(session, revision)
        flow = self._benches.usual.library.flow(own.campaign.flow)
        now = clock.now()
        seats = {}
        for request in requests:
            if not experiments:
                place = NOWHERE
            elif request.variant:
                place = await self._wanted(session, request)
            else:
                place = board.place(own, flow.kind, request.customer, now)
            seats[request.customer] = await self._seat(session, request, own, place)
        return seats

    async def version_of(self, session: AsyncSession, board: Board, campaign: str, customer: str) -> int | None:
        """The version that this customer's e-mail is written by, where an arm names one; None: the current one."""
        if campaign not in board.tested:
            return None
        own = await self._campaigns.current(session, campaign)
        flow = self._benches.usual.library.flow(own.campaign.flow)
        arm, bench, _ = self._arm(board.place(own, flow.kind, customer, clock.now()))
        if arm is None or campaign not in arm.versions:
            return None
        version = await self._version(session, own, arm)
        unfit = misfit(own, flow, version, bench.library.flow(version.campaign.flow))
        return None if unfit else version.version

    async def bench_of(self, session: AsyncSession, experiment: str, variant: str) -> Bench:
        """What e-mails of a running experiment's arm are written with; the usual one where it is not running."""
        running = {one.id: one for one in (await self.board(session)).running}
        found = running.get(experiment)
        return self._benches.of(found.plan.arm(variant) if found else None).bench

    async def _seat(self, session: AsyncSession, request: ComposeRequest, own: CampaignVersion, place: Place) -> Seat:
        usual = self._benches.usual
        own_flow = usual.library.flow(own.campaign.flow)
        arm, bench, fell_back = self._arm(place)
        if arm is not None:
            version = await self._version(session, own, arm)
            flow = bench.library.flow(version.campaign.flow)
            if not misfit(own, own_flow, version, flow):
                return Seat(place, version, flow, step_of(flow, request.step), bench)
            fell_back = FLOW_CHANGED
        kept = place.model_copy(update={"arm": None})
        return Seat(kept, own, own_flow, step_of(own_flow, request.step), usual, fell_back)

    async def _version(self, session: AsyncSession, own: CampaignVersion, arm: Arm) -> CampaignVersion:
        number = arm.versions.get(own.campaign.id)
        return own if number is None else await self._campaigns.version(session, own.campaign.id, number)

    def _arm(self, place: Place) -> tuple[Arm | None, Bench, str]:
        """What is different for them; nothing is, where a part of it is not to be had any more."""
        bench, fell_back = self._benches.of(place.arm)
        return (None if fell_back else place.arm), bench, fell_back

    async def _wanted(self, session: AsyncSession, request: ComposeRequest) -> Place:
        experiment, _, variant = request.variant.partition("/")
        plan = (await get_experiment(session, experiment)).plan
        arm = plan.arm(variant)
        if arm is None or request.campaign not in plan.campaigns:
            raise UnknownVariant(
                f"The experiment has no arm {variant!r} on this campaign.",
                pointer="/variant",
                fix=f"Write the experiment's id, / and one of: {', '.join(one.name for one in plan.arms)}.",
            )
        return NOWHERE if arm.nothing else Place(experiment=experiment, variant=variant, arm=arm)
