"""The parameters of a made-up shop. Each says what it does; `docs/simulator.md` says why it is what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.errors import InvalidInput

START = datetime(2026, 1, 5, tzinfo=UTC)
"""The Monday on which the first mailing's week begins; history lies before it."""
WEEK = timedelta(days=7)


class World(BaseModel):
    """One kind of shop. With a seed it is one shop, to the last customer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customers: int = Field(default=150, ge=10, le=5_000)
    weeks: int = Field(default=16, ge=1, le=104)
    """Each has one mailing to everybody who may be written to."""
    history_weeks: int = Field(default=4, ge=1, le=52)
    """Without mailings, before the first: what the shop knows when it begins."""
    products: int = Field(default=240, ge=12, le=2_000)
    categories: int = Field(default=16, ge=2, le=20)

    taste: float = Field(default=1.0, ge=0.0, le=2.0)
    """Standard deviation, on the log scale, of a customer's liking for a category."""
    detail: float = Field(default=0.5, ge=0.0, le=2.0)
    """The same for brands and for materials."""
    shop_style: float = Field(default=0.12, ge=0.0, le=1.0)
    """Standard deviation, on the log scale of clicks, of one way to write (of one dimension) against another, alike
    for all customers of the shop."""
    own_style: float = Field(default=0.15, ge=0.0, le=1.0)
    """The same, of one customer beyond the shop's."""
    drift_weeks: float = Field(default=52.0, ge=0.0, le=1_000.0)
    """Weeks after which a customer's tastes are correlated by a half with what they were; 0: they never change."""
    season: float = Field(default=0.3, ge=0.0, le=1.0)
    """Swing of each category's demand over the year, on the log scale."""
    price_sensitivity: float = Field(default=0.7, ge=0.0, le=3.0)
    """How fast liking falls with the log of the price above the customer's own level."""

    opens: float = Field(default=0.4, gt=0.0, le=1.0)
    """Share of delivered e-mails that a person opens who is not tired."""
    clicks: float = Field(default=0.12, ge=0.0, le=0.5)
    """Share of opened e-mails that are clicked, at a relevance of 1."""
    orders: float = Field(default=0.12, ge=0.0, le=0.5)
    """Share of clicks that an order follows, at an affinity of 1 for the product clicked."""
    visits: float = Field(default=0.8, ge=0.0, le=20.0)
    """A customer's own visits a week, without any e-mail."""
    own_orders: float = Field(default=0.03, ge=0.0, le=1.0)
    """Chance of an order of their own in a week."""
    brought_forward: float = Field(default=0.3, ge=0.0, le=1.0)
    """Chance that after an order from an e-mail the next own order, within two weeks, does not take place."""
    tires: float = Field(default=0.06, ge=0.0, le=1.0)
    """Fall of opens, on the log scale, by each e-mail that still tires; one that is relevant tires less."""
    rests_days: float = Field(default=10.0, gt=0.0, le=365.0)
    """Half-life of that."""
    unsubscribes: float = Field(default=0.003, ge=0.0, le=0.2)
    """Chance that an e-mail of relevance 1 makes somebody leave who is not tired."""
    complaints: float = Field(default=0.05, ge=0.0, le=1.0)
    """Share of those who leave by the spam button."""

    bounces: float = Field(default=0.005, ge=0.0, le=1.0)
    returns: float = Field(default=0.08, ge=0.0, le=1.0)
    """Share of orders that come back."""
    machines: float = Field(default=0.3, ge=0.0, le=1.0)
    """Share of customers whose mail programs open every e-mail by themselves."""
    late: float = Field(default=0.05, ge=0.0, le=1.0)
    """Share of events that arrive a week late."""
    duplicated: float = Field(default=0.03, ge=0.0, le=1.0)
    missing: float = Field(default=0.03, ge=0.0, le=1.0)
    """Share of events that never arrive."""
    guests: float = Field(default=0.05, ge=0.0, le=1.0)
    """Share of orders placed without an account, which the shop cannot place."""

    @classmethod
    def of(cls, **parameters: Any) -> World:
        """Raises InvalidInput that names the parameter and what it may be."""
        try:
            return cls(**parameters)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "world"
            raise InvalidInput(
                f"{name} cannot be {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}.",
                pointer=f"--{name.replace('_', '-')}",
                fix="Give another value; docs/simulator.md tells what each parameter means.",
            ) from error
