"""Where a browser on this machine finds a service that listens on some address."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("::", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("mail.shop.example", "http://mail.shop.example:8000"),
    ],
)
def test_all_addresses_are_localhost_and_ipv6_stands_in_brackets(host: str, url: str) -> None:
    assert Settings(home=Path("none"), host=host).local_url() == url
    assert Settings(home=Path("none"), host=host).local_url(9000) == url.replace("8000", "9000")
