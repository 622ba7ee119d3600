"""What may be done with facts of each kind, and how one is made.

What may be said is decided by `POLICY` alone, by kind; sensitive topics are neither used nor said, whatever their kind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.model import RememberedFact, Say
from memory.sensitive import sensitive_topic

MAX_SOURCES = 10


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be done with facts of one kind."""

    say: Say
    """`named`: the text may state it. `coarse`: only in general words, no dates or counts. `never`."""
    lasts: timedelta | None
    """How long after it was learned it may be used; None: until something newer replaces it."""
    limit: int
    """Facts of this kind kept, newest or strongest first."""


POLICY: dict[str, Policy] = {
    "purchase": Policy("named", timedelta(days=730), 20),
    "cart": Policy("named", timedelta(days=30), 10),
    "declared": Policy("named", None, 10),
    "wish": Policy("named", timedelta(days=180), 10),
    "view": Policy("coarse", timedelta(days=30), 10),
    "interest": Policy("coarse", timedelta(days=180), 8),
    "cadence": Policy("coarse", timedelta(days=365), 1),
    "cycle": Policy("coarse", timedelta(days=365), 5),
    "said": Policy("named", timedelta(days=365), 8),
    "answer": Policy("named", timedelta(days=730), 10),
    "remark": Policy("never", timedelta(days=730), 10),
    "birthday": Policy("coarse", None, 1),
    "search": Policy("never", timedelta(days=30), 5),
    "engagement": Policy("never", timedelta(days=90), 1),
    "dislike": Policy("never", timedelta(days=365), 10),
    "discount": Policy("never", timedelta(days=365), 1),
    "gift": Policy("never", timedelta(days=730), 1),
    "season": Policy("never", timedelta(days=730), 3),
    "lifecycle": Policy("never", None, 1),
}


def fact_of(
    kind: str,
    key: str,
    text: str,
    learned_at: datetime,
    *,
    value: str | int | float | None = None,
    sources: tuple[str, ...] = (),
    about: tuple[str | None, ...] = (),
) -> RememberedFact:
    """`key` is what the fact is about: the same thing keeps its id. `about` is searched for sensitive topics."""
    policy = POLICY[kind]
    sensitive = sensitive_topic(text, *about) is not None
    return RememberedFact(
        id=f"{kind}:{hashlib.blake2b(key.encode(), digest_size=6).hexdigest()}",
        kind=kind,
        text=text,
        value=value,
        sources=sources[:MAX_SOURCES],
        learned_at=learned_at,
        expires_at=None if policy.lasts is None else learned_at + policy.lasts,
        use=not sensitive,
        say="never" if sensitive else policy.say,
    )
