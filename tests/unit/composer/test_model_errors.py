"""What a failed call tells its reader."""

from __future__ import annotations

import pytest

from composer.model_errors import error_of_exception


class InternalServerError(Exception):
    """Named as openai names it."""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "litellm.InternalServerError: InternalServerError: Hosted_vllmException - "
            "Cannot connect to host 127.0.0.1:9 ssl:<ssl.SSLContext object at 0x7f922705c0e0> "
            "[Connect call failed ('127.0.0.1', 9)]",
            "Cannot connect to host 127.0.0.1:9 [Connect call failed ('127.0.0.1', 9)]",
        ),
        ("The server had an Error: try again", "The server had an Error: try again"),
        ("litellm.InternalServerError: ", "litellm.InternalServerError: "),
    ],
)
def test_a_failure_is_told_without_names_of_classes_and_addresses_of_objects(said: str, told: str) -> None:
    error = error_of_exception(InternalServerError(said))
    assert (error.reason, error.message) == ("model_unreachable", f"InternalServerError: {told}")
