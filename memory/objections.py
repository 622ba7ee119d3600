"""Who objects to being written to out of their memory (GDPR, article 21) is written to as a stranger would be."""

from __future__ import annotations

from memory.model import CustomerMemory, Profile


def impersonal(memory: CustomerMemory) -> CustomerMemory:
    """`memory` with nothing but what delivers an e-mail: who it is, their language and their clock."""
    profile = memory.profile
    return CustomerMemory(
        customer_id=memory.customer_id,
        external_id=memory.external_id,
        as_of=memory.as_of,
        profile=Profile(
            email=profile.email,
            first_name=profile.first_name,
            last_name=profile.last_name,
            locale=profile.locale,
            timezone=profile.timezone,
        ),
        lifecycle="prospect",
        objects_to=memory.objects_to,
    )
