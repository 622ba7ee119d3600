"""The audit log in words: who, what, about whom. Names are looked up when it is read; the log itself names nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from api.keys import list_keys
from api.studio.accounts import names_of
from api.studio.door import PATH
from api.studio.entering import STRANGER
from api.studio.wording import title

_ACTIONS: Mapping[str, str] = {
    "account.create": "Made an account",
    "account.disable": "Disabled an account",
    "account.enable": "Enabled an account again",
    "account.invite": "Invited somebody",
    "account.link": "Made a link to sign in",
    "account.password": "Changed their password",
    "account.rename": "Changed their name",
    "account.role": "Changed a role",
    "account.sign_in": "Signed in",
    "account.sign_in_refused": "Failed to sign in",
    "account.sign_out": "Signed out",
    "account.sign_out_everywhere": "Signed out browsers",
    "alarm.close": "Closed an alarm",
    "alarm.raise": "Raised an alarm",
    "brand.save": "Saved a brand",
    "campaign.save": "Saved a campaign",
    "comparison.go_on": "Went on with a comparison",
    "comparison.show": "Was shown which side is which",
    "comparison.start": "Started a comparison",
    "comparison.undo": "Took a vote back",
    "comparison.vote": "Voted on a pair",
    "correct_fact": "Corrected what is remembered",
    "encryption_keys.rotate": "Changed the encryption keys",
    "erase": "Erased a customer",
    "experiment.change": "Changed an experiment",
    "experiment.create": "Wrote an experiment down",
    "experiment.discard": "Threw an experiment away",
    "experiment.start": "Started an experiment",
    "experiment.stop": "Stopped an experiment",
    "export_customer": "Exported a customer's data",
    "forget_fact": "Forgot something on request",
    "group.join": "Kept customers for a campaign or experiment",
    "group.leave": "Took a campaign or experiment out of a group",
    "holdout.end": "Ended the shop’s holdout",
    "holdout.set": "Set the shop’s holdout",
    "key.create": "Made an API key",
    "key.revoke": "Revoked an API key",
    "lesson.remove": "Took out what a review taught",
    "lesson.restore": "Put back what a review taught",
    "retention": "Deleted what was kept long enough",
    "run.cancel": "Cancelled a run",
    "run.export": "Exported a run",
    "run.release": "Released a run without a review",
    "run.pause": "Paused a run",
    "run.resume": "Let a run go on",
    "run.retry": "Tried those who failed again",
    "handoff.cancel": "Cancelled the sending of a run",
    "handoff.pause": "Paused the sending of a run",
    "handoff.resume": "Let the sending of a run go on",
    "handoff.retry": "Tried again to send what failed",
    "handoff.start": "Began to send a run",
    "run.start": "Started a run",
    "sample.accept": "Accepted a sample",
    "sample.draw": "Drew a sample to review",
    "sample.refuse": "Refused a sample",
}
_ACTORS = {audit.ITSELF: "Penfriend itself", STRANGER: "Somebody not signed in"}
COMMAND_LINE = "user:"
_PAGES = {"msg_": "emails", "run_": "runs", "cpr_": "compare", "exp_": "experiments"}
"""Pages of what an entry is about, by the beginning of its id."""


@dataclass(frozen=True, slots=True)
class Told:
    """One entry, in words."""

    id: int
    at: datetime
    who: str
    what: str
    about: str
    why: str
    named: bool
    """`about` is a name, not an id."""
    to: str = ""
    """The page of what it is about; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for now."""

    accounts: Mapping[str, str]
    keys: Mapping[str, str]

    def actor(self, actor: str) -> str:
        """Who it was."""
        kind, _, name = actor.partition(":")
        if kind == "account":
            return self.accounts.get(name, name)
        if kind == "key":
            return f"API key “{self.keys.get(name, name)}”"
        return f"{name}, at the command line" if kind == "user" else _ACTORS.get(actor, actor)

    def about(self, about: str) -> str:
        """What it was about."""
        if about in self.keys:
            return f"API key “{self.keys[about]}”"
        return self.accounts.get(about, about)

    def actors(self) -> list[tuple[str, str]]:
        """Pairs of (what `audit.entries` asks for, words), for a choice."""
        people = [(f"account:{key}", name) for key, name in self.accounts.items()]
        programs = [(f"key:{key}", f"API key “{name}”") for key, name in self.keys.items()]
        return [("", "Everybody"), *people, (COMMAND_LINE, "At the command line"), *programs, *_ACTORS.items()]


async def names(session: AsyncSession) -> Names:
    """Of all accounts and keys, disabled and revoked ones too."""
    return Names(await names_of(session), {key.id: key.name for key in await list_keys(session)})


def tell(entries: Sequence[audit.Entry], known: Names) -> list[Told]:
    """Entries in words."""
    return [
        Told(
            id=entry.id,
            at=entry.at,
            who=known.actor(entry.actor),
            what=_ACTIONS.get(entry.action, title(entry.action.replace(".", " "))),
            about="" if entry.actor == f"account:{entry.about}" else known.about(entry.about),
            why=entry.why,
            named=known.about(entry.about) != entry.about,
            to=_page_of(entry.about),
        )
        for entry in entries
    ]


def verdict(chain: audit.Chain) -> str:
    """What a verification came to."""
    if chain.broken_at is not None:
        return (
            f"Entry {chain.broken_at:,} is not what was written, or one before it is gone. "
            "Somebody changed the database by hand, or restored a part of it."
        )
    if chain.has_expected is False:
        return "The fingerprint you noted is not in the log any more: its newest entries were cut off."
    noted = " The fingerprint you noted is among them." if chain.has_expected else ""
    return f"All {chain.entries:,} entries are as they were written, and none is missing.{noted}"


def _page_of(about: str) -> str:
    page = next((page for start, page in _PAGES.items() if about.startswith(start)), None)
    return f"{PATH}/{page}/{about}" if page else ""
