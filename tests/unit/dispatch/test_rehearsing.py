"""考核预演: what moves the figures, and by how much."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain.rehearsing import Open, outlooks, ranked, without
from services.fabric.rates import Facts, Tally, foreseen, tally_of, total
from tests.harness.zhenru import AT, profile

RULES = profile().rates


def _open(number: int, state: str, facts: Facts) -> Open:
    return Open(f"case_{number}", "ZR-DUTY-5", state, AT + timedelta(hours=number), AT, facts)


def _worst(facts: list[Facts]) -> Tally:
    return total(tally_of(foreseen(one, "worst")) for one in facts)


WAITING = st.builds(
    Facts,
    contact=st.sampled_from([None, "done", "late", "waiting"]),
    resolve=st.sampled_from(["done", "late", "waiting"]),
    answered=st.just(1),
    solved=st.integers(0, 1),
    pending=st.integers(0, 3),
    excluded=st.just(None),
)


@given(st.lists(WAITING, min_size=1, max_size=12))
def test_all_gains_together_lead_from_the_worst_to_the_best(facts: list[Facts]) -> None:
    """What can still be done of each is done: the whole way is the sum of its steps, but for rounding."""
    found = outlooks(facts, RULES)
    best, worst = found["best"], found["worst"]
    moves = ranked((_open(n, "signed", one) for n, one in enumerate(facts)), _worst(facts), RULES, 99)
    for figure, low in zip(best.all, worst.all, strict=True):
        if figure.value is not None and low.value is not None:
            risen = sum(move.moves.get(figure.code, 0) for move in moves)
            assert risen == pytest.approx(100 * (figure.value - low.value), abs=0.01 * len(facts))
    assert all(move.gain >= 0 for move in moves)
    assert [move.gain for move in moves] == sorted((move.gain for move in moves), reverse=True)


def test_what_to_do_is_said_in_its_order_and_what_moves_most_stands_first() -> None:
    cases = [
        _open(0, "closed", Facts(contact="done", resolve="done", answered=1, solved=1)),
        _open(1, "in_progress", Facts(contact="done", resolve="waiting")),
        _open(2, "dispatched", Facts(contact="waiting", resolve="waiting", pending=2)),
        _open(3, "shelved", Facts(contact="done", resolve="waiting")),
        _open(4, "closed", Facts(contact="late", resolve="late", pending=1)),
    ]
    moves = ranked(cases, _worst([one.facts for one in cases]), RULES, 10)
    assert [(move.one.case_id, [code for code, _ in move.steps]) for move in moves] == [
        ("case_2", ["sign", "contact", "resolve", "call"]),
        ("case_4", ["call"]),
        ("case_1", ["resolve"]),
    ]
    assert moves[0].steps[3][1] == "办好后回访 2 位市民，问到满意为止"
    assert ranked(cases, _worst([one.facts for one in cases]), RULES, 1) == moves[:1]


@given(st.lists(WAITING, max_size=6), WAITING)
def test_a_part_taken_away_leaves_the_rest(facts: list[Facts], more: Facts) -> None:
    assert without(total(map(tally_of, [*facts, more])), tally_of(more)) == total(map(tally_of, facts))
