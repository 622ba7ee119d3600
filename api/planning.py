"""Planning an experiment by the shop's own figures."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.power import MOST_CUSTOMERS, MOST_WEEKS, Design, Power, Spending, power
from composer.results.spending import known_customers
from store.errors import InvalidInput

PLANNED = Design(customers=3_000, holdout=0.1, weeks=4)
"""Where nothing else is asked for; as many customers only where the shop knows none."""


async def plan_power(
    session: AsyncSession,
    spending: Spending | None,
    customers: int | None,
    holdout: float,
    weeks: int,
    lift: float | None,
) -> Power:
    """What can be seen, by what the shop's customers spend; None: a usual shop's. Without `customers`, with all whom
    the shop knows. Raises InvalidInput naming the field."""
    _check(customers, holdout, weeks, lift)
    count = customers or await known_customers(session) or PLANNED.customers
    design = Design(customers=count, holdout=holdout, weeks=weeks)
    return power(design, spending, lift)


def _check(customers: int | None, holdout: float, weeks: int, lift: float | None) -> None:
    """Comparisons are turned so that what is no number fails them."""
    if not 0 < holdout < 1:
        raise InvalidInput(
            "A share held out is more than 0 and less than 1.", pointer="/holdout", fix="A tenth is 0.1."
        )
    if lift is not None and not 0 < lift <= 100:
        raise InvalidInput("A lift is a share above 0.", pointer="/lift", fix="5 % is 0.05.")
    if customers is not None and not 1 <= customers <= MOST_CUSTOMERS:
        raise InvalidInput(f"Customers are 1 to {MOST_CUSTOMERS:,}.", pointer="/customers")
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInput(f"Weeks are 1 to {MOST_WEEKS}.", pointer="/weeks")
