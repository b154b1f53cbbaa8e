"""When to try again, whom to write to, and which events somebody wants."""

import contextlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.contracts.examples import example
from services.kit.contracts.orders import OrderEvent
from services.kit.contracts.registry import body_of
from services.notify.domain.callbacks import Callback, Heard, Origin, entering, tell
from services.notify.domain.filters import Filter, unknown_types, wants
from services.notify.domain.retries import DELAYS, Answer, asked_wait, judge
from services.notify.domain.targets import WrongTarget, lane_of, permitted, read_networks, read_target
from services.notify.secrets import readable

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "attempts", "state"),
    [
        (Answer(200), 1, "delivered"),
        (Answer(204), 9, "delivered"),
        (Answer(503), 1, "pending"),
        (Answer(503), 13, "failed"),
        (Answer(None), 12, "pending"),
        (Answer(429), 1, "pending"),
        (Answer(408), 1, "pending"),
        (Answer(410), 1, "failed"),
        (Answer(301), 12, "pending"),
        (Answer(401), 12, "pending"),
        (Answer(404), 12, "pending"),
        (Answer(404), 13, "failed"),
        (Answer(422), 4, "pending"),
        (Answer(400), 5, "failed"),
        (Answer(refused=True), 5, "failed"),
        (Answer(199), 5, "failed"),
    ],
)
def test_verdicts(answer: Answer, attempts: int, state: str) -> None:
    verdict = judge(answer, attempts, NOW, 0.5)
    assert verdict.state == state
    assert verdict.gone == (answer.status == 410)
    assert (verdict.again_at is not None) == (state == "pending")


@given(st.integers(1, 12), st.floats(0, 1, exclude_max=True))
def test_delays_are_those_of_the_table_give_or_take_a_tenth(attempts: int, dice: float) -> None:
    again = judge(Answer(500), attempts, NOW, dice).again_at
    assert again is not None
    assert DELAYS[attempts - 1] * 0.89 <= again - NOW <= DELAYS[attempts - 1] * 1.11


def test_the_tries_go_on_for_days() -> None:
    assert sum(DELAYS, timedelta(0)) > timedelta(days=3)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (None, 0),
        ("120", 120),
        ("Mon, 23 Nov 2026 02:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 01:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 02:01:00", 0),
        ("soon", 0),
        ("-5", 0),
        ("99999999999999999999", 0),
        ("9999999", 86400),
    ],
)
def test_retry_after(after: str | None, seconds: int) -> None:
    assert asked_wait(after, NOW) == timedelta(seconds=seconds)


@given(st.text())
def test_any_header_is_an_answer(after: str) -> None:
    assert timedelta(0) <= asked_wait(after, NOW) <= timedelta(days=1)


@pytest.mark.parametrize(
    ("address", "allowed", "may"),
    [
        ("93.184.216.34", "", True),
        ("2606:2800:220:1::1", "", True),
        ("10.0.0.1", "", False),
        ("10.0.0.1", "10.0.0.0/8", True),
        ("172.16.9.9", "10.0.0.0/8", False),
        ("127.0.0.1", "", False),
        ("0.0.0.0", "", False),
        ("169.254.169.254", "", False),
        ("100.64.0.1", "", False),
        ("224.0.0.1", "", False),
        ("::1", "", False),
        ("::", "", False),
        ("fe80::1", "", False),
        ("fd00::1", "", False),
        ("::ffff:10.0.0.1", "", False),
        ("::ffff:10.0.0.1", "10.0.0.0/8", True),
        ("64:ff9b::a00:1", "", False),
        ("2002:a00:1::", "", False),
        ("255.255.255.255", "", False),
    ],
)
def test_addresses(address: str, allowed: str, may: bool) -> None:
    assert permitted(ip_address(address), read_networks(allowed)) is may


@given(st.text(max_size=50))
def test_any_target_is_read_or_refused(target: str) -> None:
    assert lane_of(target) or not target
    with contextlib.suppress(WrongTarget):
        assert read_target(target).host


def test_lanes_are_hosts_and_ports() -> None:
    assert lane_of("https://Example.org/a") == lane_of("https://example.org:443/b?c") == "example.org:443"
    assert lane_of("http://[2001:db8::1]:81/") == "2001:db8::1:81"


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Filter(), True),
        (Filter(types=("case.dispatched",)), True),
        (Filter(types=("case.*",)), True),
        (Filter(types=("*",)), True),
        (Filter(types=("whistle.*", "case.closed")), False),
        (Filter(concerns=("GL-03",)), True),
        (Filter(concerns=("AQ-01",)), False),
        (Filter(grids=("DU3",)), True),
        (Filter(grids=("duty/DU3",)), True),
        (Filter(grids=("police/DU3",)), False),
        (Filter(types=("case.*",), concerns=("AQ-01",), grids=("DU3",)), False),
    ],
)
def test_filters(wanted: Filter, matches: bool) -> None:
    assert wants(wanted, "case.dispatched", example("case.dispatched").data) is matches


def test_unknown_types() -> None:
    assert unknown_types(["case.*", "x.*", "case.gone", "*"], ["case.closed"]) == ["x.*", "case.gone"]


def test_secrets_that_can_sign() -> None:
    assert readable("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert not any(map(readable, ("", "whsec_", "whsec_YQ==", "whsec_日", "a" * 200)))


def heard(name: str, callback_url: str | None = "http://x/") -> Heard:
    event = example(name)
    body: Any = body_of(event)
    if isinstance(body, OrderEvent):
        body = body.model_copy(update={"callback_url": callback_url})
    return Heard(name, "ord_01", body, Callback("ord_01", name, name, "{}"))


NEW = {"ord_01": Origin("ord_01")}


def test_a_case_that_is_ahead_of_its_order_is_put_behind_it() -> None:
    steps = [heard("case.dispatched"), heard("order.accepted"), heard("case.closed")]
    told = tell(steps, NEW, {})
    assert [callback.name for callback in told.send] == ["order.accepted", "case.dispatched", "case.closed"]
    assert entering(steps, NEW) == ["ord_01"]
    assert told.origins["ord_01"].entered


def test_what_waited_comes_right_after_the_acceptance() -> None:
    waited = {"ord_01": [Callback("ord_01", "e", "case.dispatched", "{}")]}
    told = tell([heard("order.accepted"), heard("case.resolved")], NEW, waited)
    assert [callback.name for callback in told.send] == ["order.accepted", "case.dispatched", "case.resolved"]
    assert told.early == ()


def test_it_goes_on_waiting_while_the_order_is_only_received() -> None:
    told = tell([heard("order.triaged"), heard("case.dispatched")], NEW, {})
    assert [callback.name for callback in told.early] == ["case.dispatched"]


@pytest.mark.parametrize("origin", [Origin("ord_01", gone=True, callback_url="http://x/"), Origin("ord_01")])
def test_nobody_is_called_who_has_no_address_or_wants_no_more(origin: Origin) -> None:
    told = tell([heard("case.closed"), heard("order.accepted", callback_url=None)], {"ord_01": origin}, {})
    assert told.send == told.early == ()
