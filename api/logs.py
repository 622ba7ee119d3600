"""Structured logs on stderr: one JSON object a line, without personal data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PERSONAL_KEYS = frozenset(
    {
        "email",
        "first_name",
        "last_name",
        "name",
        "phone",
        "address",
        "customer",
        "external_id",
        "user_id",
        "ip",
        "to",
        "recipient",
        "recipients",
        "subject",
        "html",
        "text",
        "prompt",
        "completion",
    }
)
_TALKATIVE = (
    "aiosqlite",
    "sqlalchemy",
    "psycopg",
    "aiohttp",
    "asyncio",
    "LiteLLM",
    "openai",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "procrastinate",
)
"""Libraries that log statements with their parameters, or payloads, below WARNING."""
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
_TOKEN = re.compile(r"pf_live_\w+")


def drop_personal_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Remove keys that name a person or hold an e-mail, and blank addresses and API keys inside any text."""
    return {key: _scrub(value) for key, value in event.items() if key not in PERSONAL_KEYS}


def configure_logs(level: str = "INFO") -> None:
    """Send our own logs and those of libraries through one JSON formatter to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception_type_only,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel("WARNING")
    # Its lines hold raw paths, and those hold customer ids; ours say the route.
    logging.getLogger("uvicorn.access").disabled = True


class _Stderr(logging.Handler):
    """Writes to stderr as it is now: it may have been redirected since."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 - as in logging's own handlers: a line that cannot be written stops nobody
            self.handleError(record)


def _exception_type_only(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # A formatted traceback quotes SQL parameters and payloads.
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
    return event


def _scrub(value: object) -> object:
    if isinstance(value, str):
        return _TOKEN.sub("pf_live_…", _ADDRESS.sub("<address>", value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrub(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _scrub(item) for key, item in value.items() if key not in PERSONAL_KEYS}
    return value
