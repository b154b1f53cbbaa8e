"""The tables hang together: every status and every state of a case is covered."""

from typing import get_args

import pytest

from services.intake.domain.lifecycle import (
    ALLOWED,
    APPEALED,
    BY,
    ORDER_OF_CASE,
    RETURN_PROPOSED,
    SETTLED,
    STATUS_SAID,
    Action,
    allowed_in,
    standing,
    status_under,
)
from services.intake.errors import not_now
from services.intake.models import Order
from services.kit.contracts.cases import CaseState
from services.kit.contracts.orders import OrderStatus
from services.kit.keys import ROLES
from tests.harness.zhenru import AT

STATUSES, STATES, ACTIONS = get_args(OrderStatus), get_args(CaseState), get_args(Action)


def test_tables_use_known_words_only() -> None:
    assert set(ALLOWED) == set(ACTIONS)
    assert set().union(*ALLOWED.values()) <= {*STATUSES, RETURN_PROPOSED, APPEALED}
    assert set(STATUS_SAID) == set(STATUSES)
    assert set(ORDER_OF_CASE) == set(STATES)
    assert set(ORDER_OF_CASE.values()) <= set(STATUSES)
    assert set(STATUSES) >= SETTLED


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_allowed_is_listed(status: str) -> None:
    open_to = sorted(action for action in ACTIONS if status in ALLOWED[action])
    assert allowed_in(status, "admin") == open_to
    for role in ROLES:
        assert allowed_in(status, role) == [one for one in open_to if role in (*BY[one], "admin")]
    assert allowed_in(status, "auditor") == []


def withdrawn() -> Order:
    return Order("ord_1", "sh12345", "A1", "withdrawn", "hotline_12345", None, "", "", None, AT, AT, AT)


def test_every_action_is_somebodys() -> None:
    assert set(BY) == set(ALLOWED)
    assert set().union(*BY.values()) <= set(ROLES)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_refusal_has_its_sentence(action: str) -> None:
    problem = not_now(action, withdrawn(), "admin")
    assert problem.detail
    assert problem.as_json()["allowed"] == []
    assert problem.as_json()["state"] == "withdrawn"


@pytest.mark.parametrize("status", sorted(SETTLED))
@pytest.mark.parametrize("state", STATES)
def test_what_is_settled_is_not_moved_by_a_case(status: str, state: str) -> None:
    assert status_under(state, status) == status


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("open", "in_progress"),
        ("explained", "resolved"),
        ("verified", "resolved"),
        ("closed", "closed"),
        ("reopened", "reopened"),
    ],
)
def test_a_case_moves_its_orders(state: str, status: str) -> None:
    assert status_under(state, "joined") == status


@pytest.mark.parametrize(
    ("status", "reason", "under", "expected"),
    [
        ("returned_to_source", "returned", "in_progress", RETURN_PROPOSED),
        ("returned_to_source", "returned", None, "returned_to_source"),
        ("withdrawn", "returned", "in_progress", "withdrawn"),
        ("triage", "appeal", None, APPEALED),
        ("triage", "place_unclear", None, "triage"),
        ("accepted", None, None, "accepted"),
    ],
)
def test_what_an_order_waits_for(status: str, reason: str | None, under: str | None, expected: str) -> None:
    assert standing(status, reason, under) == expected
