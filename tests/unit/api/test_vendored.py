"""What others wrote and we ship is what they published, and all of it is named; passwords cost what RFC 9106 asks."""

from __future__ import annotations

import hashlib
import re

import pytest

from api.studio import passwords
from api.studio.rendering import STATIC

LISTED = dict(
    re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (STATIC / "vendor/SOURCES.md").read_text(), re.M)
)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_each_file_is_the_one_that_was_published(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == LISTED[name]


def test_none_is_left_out() -> None:
    there = {str(path.relative_to(STATIC)) for folder in ("vendor", "fonts") for path in (STATIC / folder).iterdir()}
    assert there == {*LISTED, "vendor/SOURCES.md"}


@pytest.mark.anyio
async def test_a_password_is_hashed_with_argon2id_at_the_price_of_rfc_9106() -> None:
    assert (await passwords.hashed("four words in a row")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
