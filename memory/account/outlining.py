"""An account with nothing in it that is only its owner's to read, for pages where somebody else may look on.

An e-mail may be passed on, and a link with it; a marketer with the lowest role looks a customer up. They read what is
remembered in outline: no contact details, no numbers and sums of orders, nobody's own words, nothing sensitive. What it
comes to is told, as any e-mail might: what they bought, likings, habits, and what is expected of them.
"""

from __future__ import annotations

from memory.account.model import Account, Group, Told

SENSITIVE = "Something that may be sensitive is kept as it was sent to us. It is not shown here."
NOT_HERE = frozenset({"email", "phone", "address"})
"""Traits that nobody puts right here: who changes an address by a link that was passed on gets the next e-mail."""
_DEVICES = "devices"


def outlined(account: Account) -> Account:
    """The same things under the same ids."""
    return account.model_copy(update={"groups": tuple(map(_group, account.groups))})


def outline_of(kind: str, say: str) -> str:
    """What stands for a fact that holds its owner's own words; empty where it holds none. `say` is its licence."""
    if kind == "search":
        return "You searched for something."
    if kind == "answer" and say == "never":
        return "You answered a question."
    return ""


def _group(group: Group) -> Group:
    told = _counted(group) if group.key == _DEVICES else tuple(map(_told, group.told))
    return group.model_copy(update={"told": told})


def _told(one: Told) -> Told:
    text = SENSITIVE if one.use == "unused" else one.outline or one.text
    may_correct = one.can_correct and one.use != "unused" and one.trait not in NOT_HERE
    sources = tuple(source.model_copy(update={"message_id": ""}) for source in one.sources)
    return one.model_copy(update={"text": text, "can_correct": may_correct, "sources": sources})


def _counted(group: Group) -> tuple[Told, ...]:
    if not group.told:
        return ()
    count = len(group.told)
    text = "One device or visit is" if count == 1 else f"{count} devices or visits are"
    return (Told(id="devices", text=f"{text} recognised as yours.", use="records"),)
