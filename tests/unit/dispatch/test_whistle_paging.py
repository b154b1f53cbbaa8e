"""Whom an emergency pages, round after round: on the ground of the made-up Zhenru, with people on duty."""

from dataclasses import replace
from datetime import timedelta

from services.dispatch.domain.whistle import deadlines, paging, steps
from services.dispatch.domain.whistle.model import Outcome, Paging, Whistle
from services.dispatch.domain.whistle.wording import text_of
from tests.harness.staffed import staffed
from tests.harness.zhenru import AT
from tests.unit.dispatch.whistle_making import LATER, blown

MINUTES = timedelta(minutes=3)


def emergency(*units: str, volunteers: tuple[str, ...] = (), skills: tuple[str, ...] = ()) -> Whistle:
    return replace(blown(*units, kind="emergency"), paging=Paging(180, 0, volunteers, skills))


def paged(outcome: Outcome) -> set[tuple[str, str, str | None]]:
    return {
        (page.of, page.unit, page.person)
        for happening in outcome.happened
        for page in (happening.detail or {})["pages"]
    }


def test_who_is_on_duty_first_and_one_more_each_time() -> None:
    whistle = emergency("ZR-FIRE")
    first = paging.next_round(staffed(), whistle, AT)
    assert paged(first) == {("ZR-FIRE", "ZR-FIRE", "FIRE-01")}
    second = paging.next_round(staffed(), first.whistle, AT + MINUTES)
    assert paged(second) == {("ZR-FIRE", "ZR-FIRE", "FIRE-01"), ("ZR-FIRE", "ZR-FIRE", "FIRE-02")}
    last = second.whistle
    for number in range(3, 9):
        last = paging.next_round(staffed(), last, AT + number * MINUTES).whistle
    assert last.paging is not None
    assert last.paging.rounds == 8
    units = {unit for _, unit, _ in paged(paging.next_round(staffed(), last, AT + 9 * MINUTES))}
    assert "ZR-FIRE" in units
    assert "QP-FIRE" in units, "past the shift: whoever is above it"
    assert "ZR-OPS" in units or "QP" in units, "and the duty desk at the end"


def test_at_night_whoever_has_no_roster_is_reached_above_or_at_the_desk() -> None:
    night = AT + timedelta(hours=14)
    found = paged(paging.next_round(staffed(), emergency("OWN-GAS"), night))
    assert len(found) == 1
    of, unit, _ = next(iter(found))
    assert of == "OWN-GAS"
    assert unit != "OWN-GAS"


def test_whoever_has_answered_is_left_in_peace() -> None:
    whistle = emergency("ZR-FIRE", "ZR-POLICE")
    fire, police = whistle.calls
    for answered in (
        steps.accept(whistle, fire, AT, "").whistle,
        steps.decline(whistle, fire, AT, "").whistle,
        steps.report_in(whistle, fire, AT, "").whistle,
    ):
        assert {of for of, _, _ in paged(paging.next_round(staffed(), answered, AT))} == {"ZR-POLICE"}
    both = steps.accept(steps.accept(whistle, fire, AT, "").whistle, police, AT, "").whistle
    assert paging.next_round(staffed(), both, AT) == Outcome(both)
    assert paging.goes_on(both), "somebody may still be sent in another's place"


def test_volunteers_around_are_paged_until_anybody_answers() -> None:
    whistle = emergency("ZR-FIRE", volunteers=("ZR-G4-VOL",), skills=("medical",))
    assert ("ZR-G4-VOL", "ZR-G4-VOL", "VOL4-02") in paged(paging.next_round(staffed(), whistle, AT))
    assert not any(who in ("VOL4-01", "VOL4-03") for _, _, who in paged(paging.next_round(staffed(), whistle, AT)))
    answered = steps.accept(whistle, whistle.calls[0], AT, "").whistle
    assert paging.next_round(staffed(), answered, AT).happened == ()


def test_a_team_that_is_called_is_paged_whole() -> None:
    found = paged(paging.next_round(staffed(), emergency("ZR-G4-VOL"), AT))
    assert {who for _, _, who in found} == {"VOL4-01", "VOL4-02", "VOL4-03"}
    assert paged(paging.next_round(staffed(), emergency("ZR-G1-VOL"), AT)) == {("ZR-G1-VOL", "ZR-G1-VOL", None)}


def test_it_goes_on_past_the_first_deadline_and_ends_with_the_second() -> None:
    whistle = emergency("ZR-FIRE")
    missed = deadlines.first_passed(whistle, AT + LATER).whistle
    assert paged(paging.next_round(staffed(), missed, AT)) != set()
    assert not paging.goes_on(deadlines.second_passed(missed).whistle)
    assert not paging.goes_on(steps.cancel(whistle, "").whistle)
    assert not paging.goes_on(steps.report_in(whistle, whistle.calls[0], AT, "").whistle)
    assert not paging.goes_on(blown("ZR-FIRE"))


def test_teams_around_are_those_of_the_ground_with_fitting_people_first() -> None:
    units = ["ZR-G4", "ZR-G1", None]
    assert paging.teams_around(staffed(), units, ()) == ["ZR-G1-VOL", "ZR-G4-VOL"]
    assert paging.teams_around(staffed(), units, ("medical",)) == ["ZR-G4-VOL"]
    assert paging.teams_around(staffed(), units, ("diving",)) == ["ZR-G1-VOL", "ZR-G4-VOL"], "better some than none"
    assert paging.teams_around(staffed(), ["ZR-POLICE"], ()) == []


def test_volunteers_who_come_uncalled_make_nothing_met_and_hold_nothing_up() -> None:
    whistle = steps.join(emergency("ZR-FIRE", volunteers=("ZR-G4-VOL",)), "ZR-G4-VOL")
    helper = whistle.call("ZR-G4-VOL")
    assert helper is not None
    came = steps.report_in(whistle, helper, AT, "")
    assert [happening.name for happening in came.happened] == ["whistle.reported_in"]
    assert came.whistle.state == "open"
    fire = came.whistle.call("ZR-FIRE")
    assert fire is not None
    met = steps.report_in(came.whistle, fire, AT, "")
    assert met.whistle.state == "met"
    assert text_of(staffed(), met.whistle, met.happened[-1]) == "应到的1家单位全部到场"
    only = steps.report_in(whistle, fire, AT, "").whistle
    assert only.state == "met", "nobody waits for them"


def test_no_name_stands_in_what_is_said() -> None:
    outcome = paging.next_round(staffed(), emergency("ZR-FIRE", "ZR-G1-VOL"), AT)
    said = text_of(staffed(), outcome.whistle, outcome.happened[0])
    assert said == "第1次呼叫：真如消防救援站1人、真光综合网格快反应急救援志愿队"
