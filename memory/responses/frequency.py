"""How many e-mails a week: as many as bring the most clicks, what is lost with those who leave taken off.

A week of n e-mails brings n clicks at the rate that e-mails have in such weeks; each of them makes a person leave with
the shop's rate for such weeks, and with them goes a year of clicks. Busy weeks are busy for a reason (who does much
is written to more), so this is a recommendation for less, never a licence for more: nothing above what was tried.
"""

from __future__ import annotations

from memory.responses.model import Arm, Frequency, Preference
from memory.responses.priors import ResponsePriors

TRIED = 200
"""E-mails in weeks of so many, from which their rate of leaving is worth something."""
WEEKS_LOST = 52.0


def frequency(per_week: Preference | None, priors: ResponsePriors) -> Frequency:
    """`per_week`: the arms of that dimension for one customer."""
    arms = {arm.arm: arm for arm in per_week.arms} if per_week else {}
    tried = sorted(arm for arm in arms if priors.per_week.get(arm, (0, 0.0))[0] >= TRIED)
    if len(tried) < 2:
        return Frequency(
            recommended_per_week=None,
            reason=f"Cannot tell: the shop has not tried two frequencies with {TRIED} e-mails each yet.",
        )
    best = max(tried, key=lambda arm: _value(arms[arm], priors.per_week[arm][1]))
    leaving = priors.per_week[best][1]
    return Frequency(
        recommended_per_week=int(best),
        reason=(
            f"At {best} a week they click about {arms[best].estimate:.1%} of e-mails, and {leaving:.2%} of the shop's "
            f"e-mails make somebody leave; more or fewer a week bring fewer clicks in the long run."
        ),
    )


def _value(arm: Arm, leaving: float) -> float:
    """Clicks a week, less a year of such weeks for each time it makes them leave."""
    per_week = int(arm.arm)
    return per_week * arm.estimate * (1 - WEEKS_LOST * per_week * leaving)
