"""Who is in a case, from events that name all, some and none of them; by new events and by those of before."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.kit.contracts.cases import LISTED, CaseEvent, CaseMerged, listed
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES
from services.notify.domain.members import called


def step(name: str, orders: list[str], **more: Any) -> CaseEvent:
    told = example(name).data | {"case_id": "case_1", "orders": orders} | more
    return TYPES[name].model.model_validate(told)  # type: ignore[return-value]


def as_told(name: str, orders: list[str], **more: Any) -> CaseEvent:
    return step(name, listed(orders), order_count=len(orders), **more)


def test_an_event_of_before_names_all() -> None:
    many = [f"ord_{n}" for n in range(200)]
    old = step("case.closed", many, order_count=None)
    assert (old.whole, old.counted) == (True, 200)
    assert called([("e", "case.closed", old)], {})[0] == {"e": many}


def test_few_are_named_whole_and_many_from_both_ends() -> None:
    few = [f"ord_{n}" for n in range(LISTED)]
    assert listed(few) == few
    more = [*few, "ord_x"]
    assert len(listed(more)) == LISTED
    assert listed(more)[0] == "ord_0"
    assert listed(more)[-1] == "ord_x"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 150)), max_size=220), st.booleans())
def test_whoever_is_in_the_case_is_meant_at_its_end(moves: list[tuple[bool, int]], apart: bool) -> None:
    """In one batch, or each event in one of its own with the roll stored between them."""
    inside = [f"ord_{n}" for n in range(100)]
    kept: dict[str, list[str]] = {}
    # As it grew, so that what follows begins with many.
    told = [as_told("case.merged", inside[: n + 1], came=[inside[n]]) for n in range(1, 100)]
    for comes, number in moves:
        name = f"ord_{number}"
        if comes and name not in inside:
            inside = [*inside, name]
            told.append(as_told("case.merged", inside, came=[name]))
        elif not comes and name in inside and len(inside) > 1:
            inside = [one for one in inside if one != name]
            told.append(as_told("case.merged", inside, went=[name]))
    steps = [(str(n), "case.merged", one) for n, one in enumerate(told)]
    steps.append(("end", "case.closed", as_told("case.closed", inside)))
    meant: dict[str, list[str]] = {}
    for batch in [[one] for one in steps] if apart else [steps]:
        found, rolls = called(batch, {"case_1": kept.get("case_1", [])})
        meant |= found
        for case_id, roll in rolls.items():
            before = [] if roll.anew else kept.get(case_id, [])
            kept[case_id] = [one for one in before if one not in roll.went]
            kept[case_id] += [one for one in roll.came if one not in kept[case_id]]
    assert sorted(meant["end"]) == sorted(inside)


def test_a_merge_says_who_came() -> None:
    assert isinstance(as_told("case.merged", ["a"], came=["a"]), CaseMerged)
