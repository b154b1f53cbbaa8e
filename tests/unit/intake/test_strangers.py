"""Who comes without a key is told apart by address, and let in only so often."""

from typing import Any

import pytest
from starlette.requests import Request

from services.intake.api.strangers import address_of, strangers
from services.kit.problems import TooMany


def asked(peer: str, forwarded: str | None = None) -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": (peer, 1)}
    return Request(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("8.8.8.8", "1.2.3.4", "8.8.8.8"),
        ("172.18.0.5", "6.6.6.6, 8.8.4.4", "8.8.4.4"),
        ("172.18.0.5", " ", "172.18.0.5"),
        ("testclient", "8.8.4.4", "testclient"),
    ],
)
def test_an_address_is_the_one_that_the_gateway_saw(peer: str, forwarded: str | None, address: str) -> None:
    assert address_of(asked(peer, forwarded)) == address


def test_forms_are_slower_than_looks() -> None:
    let_in = strangers(per_second=5, per_hour=30, dev=False)
    for _ in range(10):
        let_in.report(asked("8.8.8.8"))
    with pytest.raises(TooMany) as refused:
        let_in.report(asked("8.8.8.8"))
    assert 60 <= int(refused.value.headers["Retry-After"]) <= 120
    let_in.report(asked("8.8.4.4"))
    let_in.act(asked("8.8.8.8"))
    let_in.look(asked("8.8.8.8"))


def test_a_network_of_ipv6_is_one_address() -> None:
    let_in = strangers(per_second=1, per_hour=1, dev=False)
    for place in range(3):
        let_in.report(asked(f"2001:db8:1:2::{place}"))
    with pytest.raises(TooMany):
        let_in.report(asked("2001:db8:1:2:ffff::1"))
    let_in.report(asked("2001:db8:1:3::1"))


def test_nobody_is_held_up_on_a_developers_machine() -> None:
    let_in = strangers(per_second=1, per_hour=1, dev=True)
    for _ in range(100):
        let_in.report(asked("8.8.8.8"))
