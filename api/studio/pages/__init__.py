"""One module a page. A page parses, calls one function of a room, and answers."""

from __future__ import annotations

from api.studio.pages import (
    account,
    audit_log,
    brands,
    campaign_versions,
    campaigns,
    compare,
    customers,
    deciding,
    emails,
    lessons,
    new_run,
    overview,
    results,
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
    deciding.router,
    emails.router,
    campaigns.router,
    campaign_versions.router,
    brands.router,
    new_run.router,
    runs.router,
    results.router,
    compare.router,
    customers.router,
    lessons.router,
    team.router,
    audit_log.router,
)
