"""Who hears of a step: the table, and how involvement begins and ends."""

from typing import Any

import pytest

from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES
from services.notify.domain.audience import AUDIENCE, NOBODY, PARTS, Involved, Step, after, audience
from services.notify.domain.matter import UNKNOWN, as_json, from_json, matter_after


def step(name: str, **fields: Any) -> Step:
    body = TYPES[name].model.model_validate({**example(name).data, "unit": None, **fields})
    assert isinstance(body, CaseEvent | WhistleEvent)
    return body


def calls(*units: str, **more: Any) -> list[dict[str, Any]]:
    return [{"unit": unit, "state": "called", **more} for unit in units]


HELD = Involved("L", ("A", "B"), {"wh_01": ("W",)})


@pytest.mark.parametrize(
    ("name", "fields", "before", "told"),
    [
        ("case.opened", {"lead": None, "assists": []}, NOBODY, ""),
        ("case.dispatched", {"lead": "L", "assists": ["A", "B"]}, NOBODY, "A B L"),
        ("case.signed", {"lead": "L", "assists": ["A"], "unit": "L"}, Involved("L", ("A",)), "A L"),
        ("case.transferred", {"lead": "N", "assists": ["A"], "previous": "L"}, Involved("L", ("A",)), "A L N"),
        ("case.returned", {"lead": None, "assists": [], "previous": "L", "unit": "L"}, Involved("L"), "L"),
        ("case.rerouted", {"lead": "L", "assists": ["C"], "previous": None}, Involved("L", ("A", "B")), "A B C L"),
        ("case.climbed", {"lead": "UP", "assists": ["L"], "previous": "L"}, Involved("L"), "L UP"),
        ("case.progressed", {"lead": "L", "assists": []}, HELD, "A B L W"),
        ("case.resolved", {"lead": "L", "assists": [], "verifier": "V"}, Involved("L"), "L V"),
        ("case.closed", {"lead": "L", "assists": []}, Involved("L"), "L"),
        ("whistle.blown", {"lead": "L", "assists": [], "calls": calls("W", "V")}, NOBODY, "L V W"),
        (
            "whistle.blown",
            {"lead": None, "assists": [], "calls": calls("W"), "unit": "Z"},
            Involved("L", ("A",)),
            "A L W Z",
        ),
        ("whistle.blown", {"lead": "L", "calls": calls("W", "V"), "unit": "DESK", "nod": "waiting"}, NOBODY, "DESK L"),
        ("whistle.cancelled", {"lead": "L", "calls": calls("W"), "unit": "G", "nod": "refused"}, NOBODY, "G L"),
        ("whistle.approved", {"lead": "L", "calls": calls("W", "V"), "unit": "G", "nod": "given"}, NOBODY, "G L V W"),
        (
            "whistle.paged",
            {"lead": "L", "calls": calls("W", "V"), "round": 2, "pages": [{"of": "W", "unit": "UP", "person": "P-1"}]},
            NOBODY,
            "UP W",
        ),
        ("whistle.accepted", {"lead": "L", "calls": calls("W", "V"), "unit": "W"}, NOBODY, "L W"),
        ("whistle.accepted", {"lead": "L", "calls": calls("W", "V")}, NOBODY, "L V W"),
        ("whistle.missing", {"lead": "L", "calls": calls("W", "V"), "unit": "V"}, NOBODY, "L V"),
        (
            "whistle.escalated",
            {"lead": "L", "calls": calls("W"), "unit": "W", "escalated_to": ["P", "D"]},
            NOBODY,
            "D L P W",
        ),
        ("whistle.exhausted", {"lead": "L", "calls": calls("W", escalated_to=["P"]), "unit": "W"}, NOBODY, "L P W"),
        ("whistle.substituted", {"lead": "L", "calls": calls("W", "S"), "unit": "S"}, NOBODY, "L S W"),
        ("whistle.released", {"lead": "L", "calls": calls("V")}, Involved("L", (), {"wh_01": ("P", "V")}), "L P V"),
        ("whistle.evaluated", {"lead": "L", "calls": calls("V")}, Involved("L"), "L V"),
    ],
)
def test_audience(name: str, fields: dict[str, Any], before: Involved, told: str) -> None:
    assert audience(name, step(name, **fields), before) == tuple(told.split())


def test_every_event_of_cases_and_whistles_has_its_row() -> None:
    assert set(AUDIENCE) == {name for name in TYPES if name.startswith(("case.", "whistle."))}
    assert {part for parts in AUDIENCE.values() for part in parts} <= set(PARTS)


def test_called_units_are_involved_until_release() -> None:
    involved = after(step("case.dispatched", lead="L", assists=["A"]), NOBODY)
    involved = after(step("whistle.blown", calls=calls("W")), involved)
    involved = after(step("whistle.escalated", calls=calls("W"), unit="W", escalated_to=["P"]), involved)
    assert involved == Involved("L", ("A",), {"wh_01": ("P", "W")})
    gone = after(step("whistle.released", calls=calls("W"), unit="W", whistle_state="met"), involved)
    assert gone == involved, "one unit let go is not the end of the whistle"
    over = after(step("whistle.released", calls=calls("W"), whistle_state="released"), involved)
    assert over == Involved("L", ("A",), {})
    late = after(step("whistle.evaluated", calls=calls("W"), unit="W", whistle_state="released"), over)
    assert late == over, "what is said afterwards begins nothing"


def test_what_is_kept_survives_storing() -> None:
    matter = matter_after(step("case.dispatched", kind="report"), UNKNOWN)
    matter = matter_after(step("whistle.blown", calls=calls("W")), matter)
    assert from_json(as_json(matter)) == matter
    assert matter.confidential
    later = matter_after(step("case.dispatched", kind="complaint", title="别的"), matter)
    assert (later.confidential, later.title) == (True, "别的")
