"""An account with nothing in it that is only its owner's to read, for pages where somebody else may look on.

An e-mail may be passed on, and a link with it; a marketer with the lowest role looks a customer up. They read what is
remembered in outline: no contact details, no numbers and sums of orders, nobody's own words, nothing sensitive. What it
comes to is told, as any e-mail might: what they bought, likings, habits, and what is expected of them.
"""

from __future__ import annotations

from functools import partial

from memory.account.model import Account, Group, Told
from memory.phrases import Phrasebook

NOT_HERE = frozenset({"email", "phone", "address"})
"""Traits that nobody puts right here: who changes an address by a link that was passed on gets the next e-mail."""
_DEVICES = "devices"


def outlined(account: Account, say: Phrasebook) -> Account:
    """The same things under the same ids."""
    return account.model_copy(update={"groups": tuple(map(partial(_group, say), account.groups))})


def outline_of(kind: str, licence: str, say: Phrasebook) -> str:
    """What stands for a fact that holds its owner's own words; empty where it holds none."""
    if kind == "search":
        return say["outline.search"]
    if kind == "answer" and licence == "never":
        return say["outline.answer"]
    return ""


def _group(say: Phrasebook, group: Group) -> Group:
    told = _counted(group, say) if group.key == _DEVICES else tuple(map(partial(_told, say), group.told))
    return group.model_copy(update={"told": told})


def _told(say: Phrasebook, one: Told) -> Told:
    text = say["outline.sensitive"] if one.use == "unused" else one.outline or one.text
    may_correct = one.can_correct and one.use != "unused" and one.trait not in NOT_HERE
    sources = tuple(source.model_copy(update={"message_id": ""}) for source in one.sources)
    return one.model_copy(update={"text": text, "can_correct": may_correct, "sources": sources})


def _counted(group: Group, say: Phrasebook) -> tuple[Told, ...]:
    if not group.told:
        return ()
    text = say.count("outline.devices", len(group.told))
    return (Told(id="devices", text=text, use="records"),)
