"""What becomes of an open case on new ground: the rule row by row, and what always holds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.dispatch.domain import clocks
from services.dispatch.domain.ground import NOWHERE, Ground, ground_of, stirred
from services.dispatch.domain.lifecycle import FINAL, STATES
from services.dispatch.domain.rerouting import WAITING
from services.dispatch.domain.routing.table import BUILT_IN
from services.dispatch.models import Case, Dispute
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.rerouting import reroute
from services.dispatch.usecases.work import Work
from services.fabric.model import Unit
from services.fabric.resolve import resolve_codes
from services.fabric.snapshot import Fabric, build
from services.kit.contracts.cases import CaseState
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions, places, published, units, zhenru
from tests.integration.dispatch.grounds import NEW, OLD, TAKEN, TAKER, moved
from tests.unit.dispatch.casework import Casework

LATER = AT + timedelta(minutes=30)


def fabric(version: int = 2, known: Sequence[Unit] | None = None) -> Fabric:
    return build(moved(version, known))


MOVED = fabric()
ENDED = tuple(replace(unit, valid_to=AT) if unit.code == OLD else unit for unit in units())


def looked_at(case: Case, ground: Fabric) -> tuple[Case, dict[str, object] | None]:
    """The case and the body of what was told of it."""
    work = Work(Record(LATER), ground.as_of(LATER), LATER, b"secret")
    reroute(work, BUILT_IN, [case])
    if not work.record.events:
        return case, None
    [event] = work.record.events
    return work.record.case(case.case_id), dict(event.data)


def dispatched() -> Casework:
    made = Casework()
    assert (made.case.lead, made.case.place.grids["duty"]) == (OLD, TAKEN)
    return made


def test_before_it_is_signed_the_new_lead_gets_it() -> None:
    case = dispatched().case
    after, told = looked_at(case, MOVED)
    assert told is not None
    assert (after.lead, after.state, after.fabric_version) == (NEW, "dispatched", 2)
    assert after.place.grids["duty"] == TAKER
    assert {name: told[name] for name in ("reason", "previous", "lead", "fabric_before", "fabric_after")} == {
        "reason": "not_signed",
        "previous": OLD,
        "lead": NEW,
        "fabric_before": 1,
        "fabric_after": 2,
    }
    assert told["text"] == "网格从第1版改到第2版，真如责任网格5组尚未签收，改派真如责任网格3组主办"
    assert (told["rule"], after.decision.rule) == (case.decision.rule, case.decision.rule)
    sign, resolve = clocks.find(after.clocks, "sign"), clocks.find(after.clocks, "resolve")
    before = clocks.find(case.clocks, "resolve")
    assert sign
    assert resolve
    assert before
    assert (sign.started, resolve.due) == (LATER, before.due)
    assert sign.due - LATER == timedelta(hours=2)
    assert OLD not in after.assists


def test_signed_is_kept_by_the_first_receiver_on_renewed_grids() -> None:
    made = dispatched()
    made.do("sign")
    after, told = looked_at(made.case, MOVED)
    assert told is not None
    assert (after.lead, after.state, after.fabric_version) == (OLD, "signed", 1)
    assert (after.place.grids["duty"], after.clocks, after.assists) == (TAKER, made.case.clocks, made.case.assists)
    assert (told["reason"], told["previous"], told["fabric_after"]) == ("first_receiver", None, 2)
    assert told["text"] == "网格从第1版改到第2版，真如责任网格5组已经接手，首接负责，继续主办，所在网格已更新"


def ruled(made: Casework) -> None:
    made.do("return", reason="not_mine")
    made.do("rule", lead=OLD, ground="点位在五组")


def handed(made: Casework) -> None:
    made.do("transfer", to="ZR-POLICE-4")


def climbed(made: Casework) -> None:
    made.do("climb", note="难办")


def returned(made: Casework) -> None:
    made.do("return", reason="not_mine")
    # The one that the new fabric names has held it before.
    made.case = replace(made.case, dispute=replace(made.case.dispute, holders=(*made.case.dispute.holders, NEW)))


@pytest.mark.parametrize(
    ("before", "reason"),
    [(ruled, "ruled"), (handed, "handed_on"), (climbed, "climbed"), (returned, "returned")],
)
def test_what_people_or_the_ladder_decided_stays(before: Callable[[Casework], None], reason: str) -> None:
    made = dispatched()
    before(made)
    after, told = looked_at(made.case, MOVED)
    assert told is not None
    assert (told["reason"], told["previous"]) == (reason, None)
    assert replace(after, place=made.case.place, sequence=made.case.sequence, changed_at=AT) == replace(
        made.case, changed_at=AT
    )
    assert after.place.grids["duty"] == TAKER


def test_sent_back_and_now_clearly_anothers_goes_there() -> None:
    made = dispatched()
    made.do("return", reason="not_mine")
    after, told = looked_at(made.case, MOVED)
    assert told is not None
    assert (told["reason"], after.state, after.lead) == ("not_signed", "dispatched", NEW)
    assert after.dispute.returned_by == (OLD,)


def test_other_ground_and_the_same_lead() -> None:
    """A police beat moves: the lead is not asked to sign again, the new beat assists."""
    case = dispatched().case
    beat = case.place.grids["police"]
    layers = {name: list(editions(name)) for name in OVERLAYS}
    other = next(e for e in layers["police"] if e.code != beat)
    layers["police"] = [replace(e, code="POX", unit=other.unit) if e.code == beat else e for e in layers["police"]]
    after, told = looked_at(case, build(published(layers, 2, units(), places())))
    assert told is not None
    assert (told["reason"], told["previous"], after.lead, after.clocks) == ("same_lead", None, OLD, case.clocks)
    assert (other.unit in after.assists, after.fabric_version) == (True, 2)


def handed_over() -> Fabric:
    """The lead's own grid is another unit's from AT on; its border and code stay."""
    layers = {name: list(editions(name)) for name in OVERLAYS}
    [own] = [edition for edition in layers["duty"] if edition.code == TAKEN]
    layers["duty"].remove(own)
    layers["duty"] += [replace(own, valid_to=LATER), replace(own, unit=NEW, valid_from=LATER)]
    return build(published(layers, 2, units(), places()))


def test_a_grid_that_another_unit_answers_for() -> None:
    ground = handed_over()
    after, told = looked_at(dispatched().case, ground)
    assert told is not None
    assert (told["reason"], told["previous"], after.lead) == ("not_signed", OLD, NEW)
    assert looked_at(after, ground)[1] is None
    begun = dispatched()
    begun.do("sign")
    assert looked_at(begun.case, ground) == (begun.case, None)


def test_ground_that_is_as_it_was_is_not_told_of() -> None:
    assert looked_at(dispatched().case, zhenru())[1] is None
    after, _ = looked_at(dispatched().case, MOVED)
    assert looked_at(after, fabric(3))[1] is None


def test_a_lead_that_is_gone() -> None:
    """What nobody had begun goes to whom the table names, what was begun to the unit above."""
    gone = fabric(known=ENDED)
    waiting = dispatched()
    after, told = looked_at(waiting.case, gone)
    assert told is not None
    assert (told["reason"], told["previous"], after.lead) == ("lead_gone", OLD, NEW)
    begun = dispatched()
    begun.do("sign")
    after, told = looked_at(begun.case, gone)
    assert told is not None
    assert (told["reason"], after.lead, after.state, after.fabric_version) == ("lead_gone", "ZR-DUTY", "dispatched", 1)
    assert told["text"] == f"网格从第1版改到第2版，真如责任网格5组已撤销，改由{gone.unit_name('ZR-DUTY')}主办"
    begun.do("resolve", measures="已处理", evidence=["photo:after"])
    done, told = looked_at(begun.case, gone)
    assert (done.lead, done.state, done.clocks) == ("ZR-DUTY", "resolved", begun.case.clocks)


def test_gone_without_a_trace_and_nobody_else() -> None:
    """Not registered any more, nothing known of it, the grid still names it: it goes on being whoever it is."""
    rest = [unit for unit in units() if unit.code != OLD]
    assert looked_at(dispatched().case, build(_unmoved(rest)))[1] is None
    begun = dispatched()
    begun.do("sign")
    after, told = looked_at(begun.case, fabric(known=rest))
    assert told is not None
    assert (told["reason"], after.lead) == ("lead_gone", NEW)


def test_grounds_in_order() -> None:
    assert Ground(1) < Ground(1, AT) < Ground(1, LATER) < Ground(2) == Ground(2)
    assert ground_of(MOVED, AT) == Ground(2)


def _unmoved(known: Sequence[Unit]) -> dict[str, bytes]:
    return published({name: editions(name) for name in OVERLAYS}, 2, known, places())


def test_only_where_something_was_stirred() -> None:
    still = build(moved(3), MOVED)
    assert stirred(MOVED, Ground(2), still, LATER) == NOWHERE
    box = stirred(zhenru(), Ground(1), build(moved(2), zhenru()), LATER)
    assert box is not None
    west, south, east, north = box
    both = shapely.union_all([e.geometry for e in editions("duty") if e.code in (TAKEN, TAKER)])
    assert shapely.box(*box).contains(both)
    assert east - west < both.bounds[2] - both.bounds[0] + 0.004
    assert north - south < both.bounds[3] - both.bounds[1] + 0.004
    assert stirred(MOVED, Ground(2), build(moved(3, ENDED), MOVED).as_of(LATER), LATER) is None, "a unit has ended"


def test_a_date_that_comes_stirs_its_own_ground() -> None:
    dated = build(moved(2, since=LATER))
    assert stirred(dated, ground_of(dated, AT), dated, AT) == NOWHERE
    box = stirred(dated, ground_of(dated, AT), dated, LATER)
    assert box not in (None, NOWHERE)


@settings(max_examples=25, deadline=None)
@given(
    code=st.sampled_from([edition.code for edition in editions("police")]),
    shift=st.tuples(st.floats(-0.004, 0.004), st.floats(-0.004, 0.004)),
)
def test_nobody_outside_stands_on_other_grids(code: str, shift: tuple[float, float]) -> None:
    layers = {name: list(editions(name)) for name in OVERLAYS}
    layers["police"] = [
        replace(e, geometry=shapely.affinity.translate(e.geometry, *shift)) if e.code == code else e
        for e in layers["police"]
    ]
    after = build(published(layers, 2, units(), places()), zhenru())
    box = stirred(zhenru(), Ground(1), after, LATER)
    assert box is not None
    west, south, east, north = zhenru().bounds or NOWHERE
    lons, lats = (
        axis.ravel()
        for axis in np.meshgrid(
            np.linspace(west - 0.001, east + 0.001, 60), np.linspace(south - 0.001, north + 0.001, 60)
        )
    )
    before, now = (resolve_codes(f, lons, lats, LATER)["police"] for f in (zhenru(), after))
    codes = [np.array([*f.overlays["police"].codes, ""]) for f in (zhenru(), after)]
    other = codes[0][before] != codes[1][now]
    inside = (lons >= box[0]) & (lons <= box[2]) & (lats >= box[1]) & (lats <= box[3])
    assert not (other & ~inside).any()


LEADS = st.sampled_from(["ZR-DUTY-1", NEW, OLD, "ZR-POLICE-4", "ZR-C13", "GONE"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    state=st.sampled_from(STATES),
    lead=LEADS,
    bound=st.booleans(),
    holders=st.lists(LEADS, max_size=2),
    climbed_from=st.lists(LEADS, max_size=1),
    confidential=st.booleans(),
)
def test_what_always_holds(
    state: CaseState, lead: str, bound: bool, holders: list[str], climbed_from: list[str], confidential: bool
) -> None:
    made = dispatched().case
    case = replace(
        made,
        state=state,
        lead=lead,
        assists=tuple(unit for unit in made.assists if unit != lead),
        confidential=confidential,
        dispute=Dispute(tuple(holders), (), bound),
        course=replace(made.course, climbed_from=tuple(climbed_from)),
    )
    after, told = looked_at(case, MOVED)
    if state in FINAL:
        assert told is None
        return
    assert told is not None
    assert after.place.grids["duty"] == TAKER, "the grids are always those of now"
    assert after.lead not in after.assists
    assert (told["previous"] is None) == (after.lead == case.lead)
    if lead != "GONE" and (bound or state not in WAITING):
        assert (after.lead, after.state, after.clocks) == (case.lead, case.state, case.clocks)
    if after.lead != case.lead and state in ("dispatched", "open", "signed", "in_progress", "reopened"):
        sign, resolve = clocks.find(after.clocks, "sign"), clocks.find(after.clocks, "resolve")
        old = clocks.find(case.clocks, "resolve")
        assert sign
        assert resolve
        assert old
        assert (sign.started, resolve.due) == (LATER, old.due)
    assert after.fabric_version == (2 if told["reason"] in ("not_signed", "same_lead") or told.get("rule") else 1)
    assert looked_at(after, fabric(3))[1] is None, "looked at once"
    assert (case.place.lon, case.place.lat) == SHOP
