"""The port of a service: had by one process alone before anything is opened; who comes early waits."""

from __future__ import annotations

import socket

import pytest

from api.serving import PortTaken, UnknownAddress, bound


def test_who_comes_before_the_service_answers_waits_for_it() -> None:
    with bound("127.0.0.1", 0) as had, socket.socket() as visitor:
        assert visitor.connect_ex(had.getsockname()) == 0


def test_of_two_that_begin_at_once_one_alone_has_the_port() -> None:
    with socket.socket() as other:
        # As far as another process of ours is that has not come to listening yet.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with bound("127.0.0.1", port), pytest.raises(PortTaken):
            bound("127.0.0.1", port)


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"listens on port {port}") as refused:
            bound("127.0.0.1", port)
    assert "--port" in (refused.value.fix or "")
    # It is free at once when the other one is gone.
    bound("127.0.0.1", port).close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(UnknownAddress, match=r"192\.0\.2\.1"):
        bound("192.0.2.1", 0)
