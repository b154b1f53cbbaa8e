"""What a case's events add up to."""

from datetime import timedelta
from typing import Any

from services.console.domain.entries import entry_of
from services.console.domain.folding import fold_case, fold_whistle, fold_whistle_into_case
from services.console.domain.wording import WHISTLES, Words
from services.console.models import CaseRow
from services.console.pages.panels import tally, whistle_lines
from services.kit.contracts.cases import CaseEvent, WhistleEvent, listed
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import body_of
from tests.harness.zhenru import AT
from tests.integration.console.story import HOUR, Story, clock


def _fold(*events: Event, row: CaseRow | None = None) -> CaseRow:
    for event in events:
        body = body_of(event)
        assert isinstance(body, CaseEvent)
        row = fold_case(row, event.name, body)
    assert row is not None
    return row


def _whistle(story: Story, name: str, **given: Any) -> WhistleEvent:
    body = body_of(story.step(name, **given))
    assert isinstance(body, WhistleEvent)
    return body


def test_dispatch_sets_the_clocks_and_the_first_contact_due_stays() -> None:
    story = Story()
    row = _fold(*story.opened())
    assert row.contact_due == AT + 7 * HOUR
    assert row.resolve_due == AT + 30 * HOUR
    moved = clock("resolve", AT, AT + timedelta(days=9))
    row = _fold(story.step("case.extended", HOUR, clock=moved), row=row)
    assert row.resolve_due == AT + timedelta(days=9)
    again = [clock("contact", AT, AT + timedelta(days=8))]
    row = _fold(story.step("case.transferred", HOUR, lead="ZR-MARKET-1", clocks=again), row=row)
    assert (row.lead, row.contact_due) == ("ZR-MARKET-1", AT + 7 * HOUR)


def test_on_new_ground_the_case_shows_who_has_it_where_and_by_which_rule() -> None:
    story = Story()
    row = _fold(*story.opened())
    versions = {"fabric_before": 1, "fabric_after": 2}
    place = _place(row, duty="DU3")
    kept = story.step("case.rerouted", HOUR, place=place, reason="first_receiver", **versions)
    row = _fold(kept, row=row)
    assert (row.grids["duty"], row.rule) == ("DU3", story.opened()[1].data["rule"])
    sign = [clock("sign", AT + 2 * HOUR, AT + 4 * HOUR)]
    event = story.step(
        "case.rerouted", HOUR, lead="ZR-DUTY-3", previous="ZR-DUTY-5", rule="R2", ground="据", clocks=sign, **versions
    )
    row = _fold(event, row=row)
    assert (row.lead, row.rule, row.ground, row.clocks["sign"].due) == ("ZR-DUTY-3", "R2", "据", AT + 4 * HOUR)
    body = body_of(event)
    assert isinstance(body, CaseEvent)
    assert entry_of(event, body).detail == versions | {"previous": "ZR-DUTY-5", "ground": "据"}


def _place(row: CaseRow, **grids: str) -> dict[str, Any]:
    return {"lon": row.lon, "lat": row.lat, "address": row.address, "zone": row.zone, "grids": {**row.grids, **grids}}


def test_reopening_takes_back_the_end_and_the_last_word_counts() -> None:
    story = Story()
    row = _fold(
        *story.opened(),
        story.step("case.contacted", HOUR, state="in_progress"),
        story.step("case.resolved", HOUR, state="resolved"),
        story.step("case.closed", HOUR, state="closed"),
        story.step("case.feedback", HOUR, state="closed", resolved=False, satisfaction="dissatisfied"),
    )
    assert row.closed_at == AT + 3 * HOUR
    row = _fold(story.step("case.reopened", HOUR, state="reopened"), row=row)
    assert (row.closed_at, row.resolved_at, row.reopened) == (None, None, 1)
    assert row.contacted_at == AT + HOUR
    row = _fold(
        story.step("case.resolved", HOUR, state="resolved"),
        story.step("case.called_back", HOUR, resolved=None, satisfaction=None),
        story.step("case.called_back", HOUR, resolved=True, satisfaction="fair"),
        row=row,
    )
    assert (row.verdict, row.satisfaction) == (True, "fair")


def test_a_case_whose_beginning_is_gone_begins_with_what_there_is() -> None:
    story = Story(sequence=7)
    row = _fold(story.step("case.signed", state="signed"))
    assert (row.sequence, row.state, row.title, row.opened_at) == (8, "signed", "", AT)


def test_whistles_leave_those_called_in_the_case() -> None:
    story = Story()
    row = _fold(*story.opened(assists=["ZR-C16"]))
    blown = _whistle(story, "whistle.blown", calls=[{"unit": "ZR-FIRE-1", "state": "called"}])
    held = fold_whistle_into_case(row, blown)
    assert held is not None
    assert held.involved == ("ZR-DUTY-3", "ZR-C16", "ZR-FIRE-1")
    whistle = fold_whistle(None, blown)
    met = _whistle(
        story, "whistle.met", after=HOUR, whistle_state="met", calls=[{"unit": "ZR-FIRE-1", "state": "reported_in"}]
    )
    later = fold_whistle(whistle, met)
    assert (later.state, later.blown_at, later.units) == ("met", AT, ("ZR-FIRE-1",))
    assert fold_whistle_into_case(None, met) is None


def test_nobody_is_called_before_the_street_has_agreed() -> None:
    story = Story()
    row = _fold(*story.opened(assists=["ZR-C16"]))
    called = [{"unit": "QP-ECO", "state": "called"}]
    asked = _whistle(story, "whistle.blown", calls=called, nod="waiting")
    held = fold_whistle_into_case(row, asked)
    assert held is not None
    assert "QP-ECO" not in held.involved
    assert fold_whistle(None, asked).units == ()
    given = _whistle(story, "whistle.approved", after=HOUR, calls=called, nod="given")
    agreed = fold_whistle_into_case(held, given)
    assert agreed is not None
    assert "QP-ECO" in agreed.involved


def test_a_case_of_many_keeps_those_that_its_events_no_longer_name() -> None:
    names = [f"ord_{number}" for number in range(60)]
    story = Story()
    events = [story.step("case.opened", orders=names[:1], order_count=1)]
    events += [
        story.step("case.merged", orders=listed(names[: count + 1]), order_count=count + 1, came=[names[count]])
        for count in range(1, 60)
    ]
    events.append(story.step("case.signed", orders=listed(names), order_count=60))
    assert _fold(*events).orders == tuple(names)
    left = [*names[:30], *names[31:]]
    went = story.step("case.merged", orders=listed(left), order_count=59, went=[names[30]])
    assert _fold(*events, went).orders == tuple(left)
    assert _fold(events[-1]).orders == tuple(listed(names))


def test_what_is_shelved_stands_still_until_it_is_taken_up() -> None:
    story = Story()
    row = _fold(*story.opened())
    still = [clock("resolve", AT, AT + 30 * HOUR, "paused"), clock("review", AT, AT + timedelta(days=30))]
    row = _fold(story.step("case.shelved", HOUR, state="shelved", clocks=still), row=row)
    assert (row.clocks["resolve"].state, row.clocks["review"].state) == ("paused", "running")
    going = [clock("resolve", AT, AT + timedelta(days=60))]
    row = _fold(story.step("case.unshelved", HOUR, state="in_progress", clocks=going), row=row)
    assert row.clocks["resolve"].state == "running"
    assert "review" not in row.clocks


def test_a_whistle_that_waits_for_the_street_says_so_and_is_nobodys_fault() -> None:
    story = Story()
    called = [{"unit": "QP-ECO", "state": "called"}]
    asked = fold_whistle(None, _whistle(story, "whistle.blown", calls=called, nod="waiting"))
    given = fold_whistle(asked, _whistle(story, "whistle.approved", after=HOUR, calls=called, nod="given"))
    assert (asked.waiting, given.waiting) == (True, False)
    assert [tally([], [one], AT).whistles for one in (asked, given)] == [0, 1]
    (line,) = whistle_lines([asked], {}, Words(None), AT)
    assert (line.state, WHISTLES[line.state], line.calls) == ("waiting", "等街道同意", ())
