"""What an arm may change about a flow, and what it may not: consent and contact rules hold for every arm alike.

A flow's kind and topic say who may be written to at all (`composer.permission`), its steps what may be asked for, and
what a brief names has to be there. With another of these an arm would reach other people than control does.
"""

from __future__ import annotations

from composer.bandit.arms import check_brief
from composer.campaigns import CampaignVersion
from prompts.model import Flow
from store.errors import InvalidInput


def misfit(own: CampaignVersion, own_flow: Flow, theirs: CampaignVersion, their_flow: Flow) -> str:
    """Why an arm may not be written so, in words; empty where it may. `own`: the campaign as everybody else gets it."""
    if their_flow.kind != own_flow.kind:
        return f"its e-mails are {their_flow.kind} and those of the campaign {own_flow.kind}: other people get those"
    if _topic(theirs, their_flow) != _topic(own, own_flow):
        return "its e-mails are about another topic, which other customers do not want"
    missing = sorted({step.name for step in own_flow.steps} - {step.name for step in their_flow.steps})
    if missing:
        return f"it lacks steps that the campaign has: {', '.join(missing)}"
    try:
        check_brief(their_flow, theirs.campaign.brief)
    except InvalidInput as error:
        return f"the brief of {theirs.campaign.id} asks for more: {error.message}"
    return ""


def _topic(version: CampaignVersion, flow: Flow) -> str:
    return version.campaign.topic or flow.topic or ""
