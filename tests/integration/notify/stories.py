"""Events of one case after another, as dispatch and intake would publish them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.kit.contracts.envelope import Event
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES, make
from tests.harness.zhenru import AT

LEAD, POLICE, MARKET, COMMUNITY = "ZR-DUTY-3", "ZR-POLICE-5", "ZR-MARKET-1", "ZR-C16"


class Story:
    """One subject: each event takes the next sequence, and a time of its own."""

    def __init__(self, subject: str, **always: Any) -> None:
        self.subject = subject
        self.sequence = 0
        self._always = always

    def tell(self, name: str, **fields: Any) -> Event:
        self.sequence += 1
        kind = TYPES[name]
        told: dict[str, Any] = {**example(name).data, **self._own(name), "sequence": self.sequence}
        told |= {key: value for key, value in (self._always | fields).items() if key in kind.model.model_fields}
        body = kind.model.model_validate(told)
        at = AT + timedelta(seconds=self.sequence)
        return make(name, body, subject=self.subject, sequence=self.sequence, at=at)

    def _own(self, name: str) -> Mapping[str, Any]:
        return {"order_id": self.subject} if name.startswith("order.") else {"case_id": self.subject}


def case(number: int, **always: Any) -> Story:
    return Story(f"case_{number:02}", **{"orders": [f"ord_{number:02}"], "unit": None, **always})


def order(number: int, **always: Any) -> Story:
    return Story(f"ord_{number:02}", **always)
