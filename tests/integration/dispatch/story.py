"""Orders as intake would tell them, for the tests of cases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.fabric.resolve import resolve
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Place
from services.kit.contracts.registry import TYPES, make
from tests.harness.zhenru import AT, SHOP, zhenru


def place_of(lon: float, lat: float, address: str = "兰溪路生鲜店") -> Place:
    found = resolve(zhenru(), lon, lat, AT)
    grids = {overlay: hit.grid for overlay, hit in found.overlays.items() if hit.grid}
    return Place(lon=lon, lat=lat, address=address, zone=found.zone, grids=grids)


@dataclass
class Order:
    """Counts its own sequence; every call is the next event of the order."""

    order_id: str
    at: datetime = AT
    channel: str = "hotline_12345"
    kind: str = "complaint"
    sequence: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def accepted(self, **more: Any) -> Event:
        return self._tell("order.accepted", status="accepted", **_MATTER | self.more | more)

    def joined(self, case_id: str, **more: Any) -> Event:
        return self._tell("order.joined", status="joined", **_MATTER | self.more | more, case_id=case_id)

    def split(self, case_id: str, **more: Any) -> Event:
        return self._tell("order.split", status="accepted", **_MATTER | self.more | more, case_id=case_id)

    def supplemented(self, content: str) -> Event:
        return self._tell("order.supplemented", status="in_progress", content=content)

    def urged(self) -> Event:
        return self._tell("order.urged", status="in_progress", note="太久了")

    def withdrawn(self) -> Event:
        return self._tell("order.withdrawn", status="withdrawn", reason="已解决")

    def returned(self) -> Event:
        return self._tell("order.returned_to_source", status="returned_to_source", reason="不属本街道")

    def feedback(self, resolved: bool = True, satisfaction: str = "satisfied", **more: Any) -> Event:
        return self._tell("order.feedback", status="resolved", resolved=resolved, satisfaction=satisfaction, **more)

    def _tell(self, name: str, **fields: Any) -> Event:
        self.sequence += 1
        base = {
            "order_id": self.order_id,
            "source": "sh12345",
            "external_id": f"E-{self.order_id}",
            "channel": self.channel,
            "kind": self.kind,
            "reported_at": self.at,
            "text": "来单",
        }
        body = TYPES[name].model.model_validate(base | fields)
        return make(name, body, subject=self.order_id, sequence=self.sequence, at=self.at)


_MATTER: dict[str, Any] = {
    "title": "夜间噪声",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "concern": "GL-03",
    "sub_concern": "GL-03.shop",
    "category": "GL",
    "confidence": 0.93,
    "words": ["卸货"],
    "place": place_of(*SHOP),
    "fabric_version": 1,
}
