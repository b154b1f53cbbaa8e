"""三率, judged by a plain count over single cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.domain.rates import Facts, exclusion, report
from tests.harness.zhenru import profile

RULES = profile().rates
UNCOUNTED = frozenset(kind.code for kind in profile().kinds if not kind.counted)


def _parts(*facts: Facts) -> dict[str, tuple[float, int]]:
    found = report(facts, RULES)
    return {figure.code: (figure.numerator, figure.denominator) for figure in (*found.figures, found.on_time)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(Facts(contact="done"), {"response": (1, 1)}, id="contacted in time"),
        pytest.param(Facts(contact="late"), {"response": (0, 1)}, id="contacted late or not at all"),
        pytest.param(Facts(contact="waiting"), {"response": (0, 0)}, id="contact not due yet"),
        pytest.param(Facts(resolve="done"), {"on_time": (1, 1)}, id="done, nobody asked"),
        pytest.param(Facts(resolve="late"), {"on_time": (0, 1)}, id="open and overdue counts"),
        pytest.param(Facts(resolve="waiting"), {"on_time": (0, 0)}, id="not due yet"),
        pytest.param(
            Facts(resolve="done", verdict=True, satisfaction="satisfied"),
            {"on_time": (1, 1), "resolution": (1, 1), "satisfaction": (1, 1)},
            id="solved and satisfied",
        ),
        pytest.param(
            Facts(resolve="done", verdict=False, satisfaction="dissatisfied"),
            {"on_time": (1, 1), "resolution": (0, 1), "satisfaction": (0, 1)},
            id="the unit says done, the citizen does not",
        ),
        pytest.param(
            Facts(resolve="late", verdict=True, satisfaction="fair"),
            {"on_time": (0, 1), "resolution": (1, 1), "satisfaction": (0.5, 1)},
            id="fair counts half",
        ),
        pytest.param(Facts(verdict=True, satisfaction="satisfied"), {}, id="due in another period"),
        pytest.param(Facts(contact="done", resolve="done", verdict=True, excluded="consult"), {}, id="excluded"),
    ],
)
def test_what_one_case_counts_for(facts: Facts, expected: dict[str, tuple[float, int]]) -> None:
    nothing = dict.fromkeys(("response", "resolution", "satisfaction", "on_time"), (0.0, 0))
    assert _parts(facts) == nothing | expected


@pytest.mark.parametrize(
    ("kind", "statutory", "approved", "expected"),
    [
        ("consult", False, "unreasonable", "consult"),
        ("praise", True, None, "praise"),
        ("complaint", True, "unreasonable", "statutory"),
        ("complaint", False, "unreasonable", "unreasonable"),
        ("complaint", False, None, None),
        (None, False, None, None),
    ],
)
def test_the_grounds_for_leaving_out(
    kind: str | None, statutory: bool, approved: str | None, expected: str | None
) -> None:
    assert exclusion(kind, statutory, approved, RULES, UNCOUNTED) == expected


def test_the_formula_and_the_weights_stand_beside_the_numbers() -> None:
    found = report([Facts(40, contact="done", resolve="done", verdict=True, satisfaction="satisfied")], RULES)
    assert found.formula == "总分 = 响应率×20% + 解决率×40% + 满意率×40%"
    assert [figure.weight for figure in found.figures] == [0.2, 0.4, 0.4]
    assert found.score == pytest.approx(100)
    assert not any(figure.small for figure in found.figures)


def test_a_small_sample_is_marked_and_nothing_is_divided_by_nothing() -> None:
    found = report([Facts(contact="done")], RULES)
    assert all(figure.small for figure in found.figures)
    assert found.figures[1].value is None
    assert found.score is None


_FACTS = st.builds(
    Facts,
    cases=st.integers(1, 5),
    contact=st.sampled_from([None, "done", "late", "waiting"]),
    resolve=st.sampled_from([None, "done", "late", "waiting"]),
    verdict=st.sampled_from([None, True, False]),
    satisfaction=st.sampled_from([None, "satisfied", "fair", "dissatisfied"]),
    excluded=st.sampled_from([None, None, "consult", "statutory"]),
)


@given(st.lists(_FACTS, max_size=30))
def test_groups_count_like_their_single_cases(groups: list[Facts]) -> None:
    single = [
        Facts(1, facts.contact, facts.resolve, facts.verdict, facts.satisfaction, facts.excluded)
        for facts in groups
        for _ in range(facts.cases)
    ]
    assert report(groups, RULES) == report(single, RULES)


@given(st.lists(_FACTS, max_size=30), _FACTS)
def test_a_share_stays_a_share_and_the_units_word_moves_nothing(groups: list[Facts], more: Facts) -> None:
    found = report(groups, RULES)
    for figure in (*found.figures, found.on_time):
        assert 0 <= figure.numerator <= figure.denominator
    asked_nobody = Facts(more.cases, resolve="done")
    after = report([*groups, asked_nobody], RULES)
    assert after.figures == found.figures


@given(st.lists(_FACTS, max_size=30), st.permutations(range(30)))
def test_the_order_does_not_matter(groups: list[Facts], order: list[int]) -> None:
    shuffled = [groups[place] for place in order if place < len(groups)]
    assert report(shuffled, RULES) == report(groups, RULES)
