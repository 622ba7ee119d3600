"""One module a page. A page parses, calls one function of a room, and answers."""

from __future__ import annotations

from api.studio.pages import (
    account,
    audit_log,
    campaigns,
    compare,
    customers,
    emails,
    lessons,
    overview,
    review,
    runs,
    signing_in,
    team,
)

ROUTERS = (
    signing_in.router,
    account.router,
    overview.router,
    review.router,
    emails.router,
    campaigns.router,
    runs.router,
    compare.router,
    customers.router,
    lessons.router,
    team.router,
    audit_log.router,
)
