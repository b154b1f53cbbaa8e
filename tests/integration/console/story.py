"""Cases told by their events, as intake and dispatch would publish them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.kit.contracts import examples
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import TYPES, make
from tests.harness.zhenru import AT

HOUR = timedelta(hours=1)
GRIDS = {"comprehensive": "G4", "duty": "DU3", "police": "PO5", "market": "MA1", "community": "C17"}


@dataclass
class Story:
    """One case; every step is its next event. `given` overrides what the example of each type says."""

    case_id: str = "case_a"
    at: datetime = AT
    sequence: int = 0
    now: dict[str, Any] = field(default_factory=dict)

    def step(self, name: str, after: timedelta = timedelta(0), **given: Any) -> Event:
        self.sequence += 1
        self.at += after
        kept = ("state", "class", "level", "concern", "lead", "assists", "light", "place", "orders", "title", "summary",
                "channel", "kind", "confidential")  # fmt: skip
        self.now |= {key: value for key, value in given.items() if key in kept}
        body = dict(examples.example(name).data) | {"clock": None} | self.now | given
        body |= {"sequence": self.sequence, "at": self.at.isoformat()}
        body["case_id"] = self.case_id
        model = TYPES[name].model
        return make(name, model.model_validate(body), subject=self.case_id, sequence=self.sequence, at=self.at)

    def opened(self, **given: Any) -> list[Event]:
        """Opened and dispatched with the clocks of a 重点件."""
        first = {"state": "open", "orders": [f"ord_{self.case_id}"]} | given
        return [
            self.step("case.opened", **first),
            self.step("case.dispatched", **({"state": "dispatched"} | _later(given)), clocks=self.clocks()),
        ]

    def clocks(self, start: datetime | None = None) -> list[dict[str, Any]]:
        start = start or self.at
        spans = {"sign": 2 * HOUR, "contact": 7 * HOUR, "resolve": 30 * HOUR}
        return [clock(kind, start, start + span) for kind, span in spans.items()]


def clock(kind: str, started: datetime, due: datetime, state: str = "running") -> dict[str, Any]:
    return {"kind": kind, "started": started.isoformat(), "due": due.isoformat(), "state": state}


def order(name: str, order_id: str, sequence: int = 1, at: datetime = AT, **given: Any) -> Event:
    body = dict(examples.example(name).data) | {"order_id": order_id} | given
    return make(name, TYPES[name].model.model_validate(body), subject=order_id, sequence=sequence, at=at)


def _later(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != "state"}
