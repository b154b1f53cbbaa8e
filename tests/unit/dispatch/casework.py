"""Cases without a database: opened, acted on and woken in memory, under a time that the test moves."""

from datetime import datetime, timedelta

from services.dispatch.domain import lifecycle, slips, standing
from services.dispatch.domain.actors import Actor
from services.dispatch.domain.routing.table import BUILT_IN
from services.dispatch.domain.slips import SlipAction
from services.dispatch.models import Case, Slip
from services.dispatch.schemas.cases import Asked
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.actions.table import DO
from services.dispatch.usecases.opening import open_cases
from services.dispatch.usecases.recording import Record, moment_of
from services.dispatch.usecases.slips import SlipCommand
from services.dispatch.usecases.slips import done as step_of_slip
from services.dispatch.usecases.sweeping import wake
from services.dispatch.usecases.work import Work
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderAccepted
from services.kit.contracts.registry import body_of
from services.kit.keys import Caller
from tests.harness.zhenru import AT, zhenru
from tests.integration.dispatch.story import Order


class Casework:
    """One case; `events` are all that it ever told."""

    def __init__(self, at: datetime = AT, channel: str = "hotline_12345", **more: object) -> None:
        self.now = at
        self.events: list[Event] = []
        body = body_of(Order("ord_1", at, channel=channel).accepted(**more))
        assert isinstance(body, OrderAccepted)
        work = self.work()
        [self.case] = open_cases(work, BUILT_IN, {"case_1": body})
        self.links = list(work.links[self.case.case_id].values())
        self.events += work.record.events

    def work(self) -> Work:
        work = Work(Record(self.now), zhenru(), self.now, b"secret")
        if hasattr(self, "links"):
            work.have(self.links)
        return work

    def do(self, action: str, *, role: str = "admin", unit: str | None = None, **fields: object) -> Case:
        """By the role's key; the table must allow it. What the action refuses is raised."""
        reach = standing.reach_of(zhenru(), role, unit, self.now)
        stands = standing.standing_of(reach, self.case)
        row = lifecycle.transition(action, self.case.state)
        assert row is not None
        assert stands & row.by
        work = self.work()
        asked = Asked.model_validate({"action": action, **fields})
        act = Act(work, row, asked, Actor("甲", role, "城运中心"), unit or self._speaks(row), stands)
        self.case = DO[asked.action](act, work.record.known(self.case))
        self._settle(work)
        return self.case

    def _speaks(self, row: lifecycle.Transition) -> str | None:
        """The desk does the lead's work in the lead's name, its own in its own, and never looks at what it did itself."""
        if "lead" in row.by:
            return self.case.lead
        return "QP" if row.action in ("verify", "recheck") and self.case.course.doer == "ZR-OPS" else "ZR-OPS"

    def slip(self, action: SlipAction, *, role: str = "admin", unit: str | None = None, note: str = "已办") -> Slip:
        """One step of the case's last 督办单, which the slip's table must allow."""
        reach = standing.reach_of(zhenru(), role, unit, self.now)
        slip = self.case.course.slips[-1]
        assert action in slips.allowed(slip, standing.standing_of(reach, self.case), slip.unit in reach.units)
        work, caller = self.work(), Caller("k", "甲", role, unit)
        command = SlipCommand(slip.number, action, None, note, caller, self.now)
        after = step_of_slip(work.record, zhenru(), work.record.known(self.case), slip, command, reach)
        self.case = work.record.case(self.case.case_id)
        self._settle(work)
        return after

    def wait(self, by: timedelta) -> Case:
        """As the sweeper would, at every moment on the way."""
        until = self.now + by
        while (due := moment_of(self.case)) is not None and due <= until:
            self.now = max(due, self.now)
            self.sweep()
        self.now = until
        return self.case

    def sweep(self) -> Case:
        """Once, now, as after an outage."""
        work = self.work()
        wake(work, [self.case])
        self.case = work.record.case(self.case.case_id)
        self._settle(work)
        return self.case

    @property
    def state(self) -> str:
        return self.case.state

    def names(self) -> list[str]:
        return [event.name for event in self.events]

    def _settle(self, work: Work) -> None:
        self.events += work.record.events
        self.links = list(work.links[self.case.case_id].values())
