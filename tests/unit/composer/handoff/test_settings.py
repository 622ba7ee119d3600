"""Settings of the relay."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from composer.handoff.settings import SmtpSettings


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", ""])
def test_without_tls_only_this_machine_is_spoken_to(host: str) -> None:
    assert SmtpSettings(host=host, security="plain").host == host


@pytest.mark.parametrize("host", ["mail.shop.example", "10.0.0.5", "localhost.shop.example"])
def test_a_relay_elsewhere_wants_tls(host: str) -> None:
    with pytest.raises(ValidationError, match='use "starttls" or "tls"'):
        SmtpSettings(host=host, security="plain")


def test_a_password_is_not_shown() -> None:
    settings = SmtpSettings.model_validate({"host": "mail.shop.example", "password": "open sesame"})
    assert "sesame" not in f"{settings!r} {settings.model_dump_json()}"
