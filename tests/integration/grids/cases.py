"""What dispatch would tell of a case, step by step."""

from datetime import timedelta
from typing import Any

from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Place
from services.kit.contracts.registry import TYPES, make
from tests.harness.zhenru import AT

_ADDS: dict[str, dict[str, Any]] = {
    "case.opened": {"title": "t", "summary": "s", "channel": "hotline_12345", "fabric_version": 1},
    "case.dispatched": {
        "title": "t",
        "summary": "s",
        "channel": "hotline_12345",
        "fabric_version": 1,
        "rule": "r",
        "rule_version": 1,
        "ground": "g",
        "clocks": [],
    },
    "case.resolved": {"measures": "m"},
}


class Case:
    """Remembers how it stands, so that each step names only what changes."""

    def __init__(
        self, case_id: str, lon: float | None, lat: float | None, lead: str | None = None, **more: Any
    ) -> None:
        self.case_id, self.sequence, self.at = case_id, 0, more.pop("at", AT)
        self.place = Place(lon=lon, lat=lat, address=more.pop("address", None), grids=more.pop("grids", {}))
        self.now: dict[str, Any] = {"state": "open", "lead": lead, "assists": [], "orders": [f"ord_{case_id}"]}
        self.now |= {"class": "key", "level": "street", "concern": "GL-03"} | more

    def step(self, name: str, after: timedelta = timedelta(), **changes: Any) -> Event:
        self.at += after
        self.sequence += 1
        facts = _ADDS.get(name, {})
        extra = {key: changes.pop(key) for key in list(changes) if key not in self.now}
        self.now |= changes
        body = TYPES[name].model.model_validate(
            {"case_id": self.case_id, "sequence": self.sequence, "place": self.place, "text": name, "at": self.at}
            | facts
            | self.now
            | extra
        )
        return make(name, body, subject=self.case_id, sequence=self.sequence, at=self.at)

    def dispatched(self) -> list[Event]:
        return [self.step("case.opened"), self.step("case.dispatched", state="dispatched")]

    def whistle(self, name: str, after: timedelta = timedelta(), **changes: Any) -> Event:
        return self.step(
            name,
            after,
            whistle_id=f"wh_{self.case_id}",
            kind="daily",
            whistle_state=changes.pop("whistle_state", "open"),
            report_in_by=self.at,
            calls=[],
            **changes,
        )
