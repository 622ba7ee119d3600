"""Where hand-offs go: the relay, the listmonk, and what webhooks may reach. Secrets stay in the settings."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Security = Literal["starttls", "tls", "plain"]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SmtpSettings(_Settings):
    """The relay that takes e-mails over SMTP."""

    host: str = ""
    """Empty: there is none."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """None: 465 with "tls", 587 with "starttls", 25 with "plain"."""
    security: Security = "starttls"
    """`plain` only to this machine: e-mails would be read, and passwords stolen, on the way."""
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(default=4, ge=1, le=100)
    """Kept open and used again, in each process that delivers."""
    per_second: float | None = Field(default=None, gt=0)
    """E-mails a second at most, in each process that delivers."""
    timeout_s: float = Field(default=60, ge=1, le=600)
    """For each answer of the relay. RFC 5321 (4.5.3.2) would wait for up to ten minutes."""
    return_path: str = ""
    """Where bounces go (MAIL FROM); empty: the brand's sender."""
    dsn: bool = False
    """Ask for a delivery status notification where the relay knows how (RFC 3461), with the key as ENVID."""

    @model_validator(mode="after")
    def _only_this_machine_in_the_clear(self) -> Self:
        if self.host and self.security == "plain" and not _is_loopback(self.host):
            raise ValueError('security "plain" is for a relay on this machine only: use "starttls" or "tls"')
        return self


class ListmonkSettings(_Settings):
    """A listmonk that takes e-mails as transactional messages."""

    url: str = ""
    """Its root, as "https://listmonk.shop.example"; empty: there is none."""
    username: str = ""
    """Of an API user."""
    token: SecretStr = SecretStr("")
    template_id: int = Field(default=0, ge=0)
    """A transactional template whose body is `{{ .Tx.Data.html | Safe }}`."""
    messenger: str = "email"
    concurrency: int = Field(default=8, ge=1, le=100)
    per_second: float | None = Field(default=None, gt=0)
    timeout_s: float = Field(default=30, ge=1, le=600)


class WebhookSettings(_Settings):
    """What holds for all outgoing webhooks."""

    private: bool = False
    """They may go to machines that are not on the public internet, and over plain HTTP."""
    concurrency: int = Field(default=8, ge=1, le=100)
    per_second: float | None = Field(default=None, gt=0)
    """E-mails a second at most, in each process that delivers them (`email.ready`)."""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
