"""One module a resource. A route parses, calls one function of a room, and answers."""

from __future__ import annotations

from api.routes import (
    audit,
    campaigns,
    capability,
    compose,
    content,
    customers,
    emails,
    erasures,
    feeds,
    flows,
    handoffs,
    health,
    ingest,
    merchandising,
    metrics,
    outcomes,
    picks,
    predictions,
    products,
    runs,
    unsubscribe,
    webhooks,
)

# Routes are looked through in this order: first comes what is asked for two hundred times a second.
ROUTERS = (
    content.router,
    capability.router,
    ingest.router,
    products.router,
    feeds.router,
    customers.router,
    erasures.router,
    picks.router,
    predictions.router,
    merchandising.router,
    campaigns.router,
    runs.router,
    flows.router,
    compose.router,
    emails.router,
    handoffs.router,
    webhooks.router,
    outcomes.router,
    unsubscribe.router,
    audit.router,
    health.router,
    metrics.router,
)
