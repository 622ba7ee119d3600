"""One module a resource. A route parses, calls one function of a room, and answers."""

from __future__ import annotations

from api.routes import (
    campaigns,
    compose,
    content,
    customers,
    emails,
    feeds,
    health,
    ingest,
    merchandising,
    outcomes,
    picks,
    products,
    runs,
    unsubscribe,
)

ROUTERS = (
    ingest.router,
    products.router,
    feeds.router,
    customers.router,
    picks.router,
    merchandising.router,
    campaigns.router,
    runs.router,
    compose.router,
    content.router,
    emails.router,
    outcomes.router,
    unsubscribe.router,
    health.router,
)
