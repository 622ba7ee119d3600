"""People who gave an address and no account: who they are until an account names them.

Their id is a keyed hash of the address, so it is the same in every file and says nothing about the address. It is an
anonymous id to the shop: with the first account it is seen with, everything a guest did moves to that account
(`memory.identity`). Until then it is also their external id, by which they can be written to.
"""

from __future__ import annotations

from store.crypto import Keyring

PREFIX = "guest-"
_HEX_DIGITS = 32


def guest_id(keyring: Keyring, email: str) -> str:
    """The id of whoever has this address. Upper and lower case are one."""
    return PREFIX + keyring.blind_index("guest", email.strip().lower())[:_HEX_DIGITS]


def is_guest(external_id: str) -> bool:
    """Whether an id is one of those."""
    return external_id.startswith(PREFIX) and len(external_id) == len(PREFIX) + _HEX_DIGITS
