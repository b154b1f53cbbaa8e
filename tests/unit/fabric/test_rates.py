"""三率, judged by a plain count over single cases."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.rates import Facts, Tally, foreseen, parts, report, tally_of, total
from tests.harness.zhenru import profile

RULES = profile().rates
SOLVED = Facts(contact="done", resolve="done", answered=1, solved=1, satisfied=1)


def _parts(*facts: Facts) -> dict[str, tuple[float, int]]:
    return parts(total(map(tally_of, facts)), RULES)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(Facts(contact="done", resolve="late"), {"response": (1, 1), "on_time": (0, 1)}, id="contacted"),
        pytest.param(Facts(contact="late", resolve="done"), {"response": (0, 1), "on_time": (1, 1)}, id="not in time"),
        pytest.param(Facts(contact="waiting", resolve="late"), {"on_time": (0, 1)}, id="contact not due yet"),
        pytest.param(Facts(resolve="done"), {"on_time": (1, 1)}, id="done, nobody asked"),
        pytest.param(Facts(resolve="late"), {"on_time": (0, 1)}, id="open and overdue counts"),
        pytest.param(replace(SOLVED, resolve="waiting"), {}, id="not due yet"),
        pytest.param(
            SOLVED,
            {"response": (1, 1), "on_time": (1, 1), "resolution": (1, 1), "satisfaction": (1, 1)},
            id="solved and satisfied",
        ),
        pytest.param(
            Facts(resolve="done", answered=1),
            {"on_time": (1, 1), "resolution": (0, 1), "satisfaction": (0, 1)},
            id="the unit says done, the citizen does not",
        ),
        pytest.param(
            Facts(resolve="late", answered=3, solved=2, satisfied=1, fair=1),
            {"on_time": (0, 1), "resolution": (2, 3), "satisfaction": (1.5, 3)},
            id="each citizen of a case, fair counts half",
        ),
        pytest.param(
            Facts(resolve="done", answered=1, solved=1, satisfied=1, recurred=True),
            {"on_time": (1, 1), "resolution": (0, 1), "satisfaction": (1, 1)},
            id="what came back was not solved",
        ),
        pytest.param(Facts(answered=1, solved=1, satisfied=1), {}, id="no limit in the period"),
        pytest.param(replace(SOLVED, excluded="consult"), {}, id="excluded"),
    ],
)
def test_what_one_case_counts_for(facts: Facts, expected: dict[str, tuple[float, int]]) -> None:
    nothing = dict.fromkeys(("response", "resolution", "satisfaction", "on_time"), (0.0, 0))
    assert _parts(facts) == nothing | expected


def test_the_formula_and_the_weights_stand_beside_the_numbers() -> None:
    found = report(tally_of(Facts(40, "done", "done", answered=40, solved=40, satisfied=40)), RULES)
    assert found.formula == "总分 = 响应率×20% + 解决率×40% + 满意率×40%"
    assert [figure.weight for figure in found.figures] == [0.2, 0.4, 0.4]
    assert found.score == pytest.approx(100)
    assert not any(figure.small for figure in found.all)


def test_a_small_sample_is_marked_and_nothing_is_divided_by_nothing() -> None:
    found = report(tally_of(Facts(contact="done", resolve="done")), RULES)
    assert all(figure.small for figure in found.all)
    assert found.figures[1].value is None
    assert found.score is None


@st.composite
def _facts(draw: st.DrawFn) -> Facts:
    answered = draw(st.integers(0, 3))
    satisfied = draw(st.integers(0, answered))
    given_: dict[str, Any] = {
        "contact": draw(st.sampled_from([None, "done", "late", "waiting"])),
        "resolve": draw(st.sampled_from([None, "done", "late", "waiting"])),
        "excluded": draw(st.sampled_from([None, None, "consult", "statutory"])),
    }
    return Facts(
        cases=1,
        answered=answered,
        solved=draw(st.integers(0, answered)),
        satisfied=satisfied,
        fair=draw(st.integers(0, answered - satisfied)),
        pending=draw(st.integers(0, 2)),
        recurred=draw(st.booleans()),
        **given_,
    )


GROUPS = st.lists(_facts(), max_size=20)


@given(GROUPS)
def test_groups_count_like_their_single_cases(singles: list[Facts]) -> None:
    alike: dict[tuple[Any, ...], Facts] = {}
    for one in singles:
        key = one.contact, one.resolve, one.recurred, one.excluded
        held = alike.get(key)
        summed = ("cases", "answered", "solved", "satisfied", "fair", "pending")
        alike[key] = replace(held, **{n: getattr(held, n) + getattr(one, n) for n in summed}) if held else one
    assert total(map(tally_of, alike.values())) == total(map(tally_of, singles))


@given(GROUPS, st.permutations(range(20)))
def test_the_order_does_not_matter(groups: list[Facts], order: list[int]) -> None:
    shuffled = [groups[place] for place in order if place < len(groups)]
    assert _parts(*shuffled) == _parts(*groups)


@given(GROUPS)
def test_a_share_stays_a_share(groups: list[Facts]) -> None:
    for figure in report(total(map(tally_of, groups)), RULES).all:
        assert 0 <= figure.numerator <= figure.denominator


@given(GROUPS, _facts())
def test_the_units_word_moves_no_rate(groups: list[Facts], more: Facts) -> None:
    before, after = _parts(*groups), _parts(*groups, Facts(more.cases, resolve="done"))
    assert {code: before[code] for code in before if code != "on_time"} == {
        code: after[code] for code in after if code != "on_time"
    }


@given(GROUPS)
def test_best_is_never_under_worst_and_nothing_waits_any_more(groups: list[Facts]) -> None:
    best, worst = (report(total(tally_of(foreseen(f, how)) for f in groups), RULES) for how in ("best", "worst"))
    for high, low in zip(best.all, worst.all, strict=True):
        assert high.denominator == low.denominator
        assert high.numerator >= low.numerator
    assert best.waiting == worst.waiting == 0


def test_a_tally_of_nothing_is_nothing() -> None:
    assert total([]) == Tally()
