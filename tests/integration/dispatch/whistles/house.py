"""What the tests of whistles share: dispatch with its sweeper, cases to blow for, and short ways to act."""

from dataclasses import dataclass
from typing import Any

import httpx

from services.dispatch.models import Case, Decided
from services.dispatch.usecases.recording import Record
from services.kit.contracts.cases import CaseState
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Place
from services.kit.outbox import Outbox
from services.kit.timers import Sweeper
from tests.harness.single import Single
from tests.harness.zhenru import SHOP

HERE = {"lon": SHOP[0], "lat": SHOP[1]}
WHISTLES = "/dispatch/v1/whistles"


class Died(BaseException):
    """As a power cut: nothing catches it."""


@dataclass
class House:
    """Dispatch by itself, with the duty desk of Zhenru at hand."""

    one: Single
    desk: httpx.AsyncClient

    async def unit(self, code: str, role: str = "department") -> httpx.AsyncClient:
        return await self.one.visitor(role, unit=code)

    async def blow(self, *units: str, **more: Any) -> dict[str, Any]:
        """For the shop, without a case, unless said otherwise."""
        body: dict[str, Any] = {"kind": "joint_enforcement", "units": list(units), "need": "联合检查夜间卸货"}
        if "case_id" not in more and "place" not in more:
            body["place"] = {**HERE, "address": "兰溪路生鲜店"}
        answer = await self.desk.post(WHISTLES, json=body | more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def act(self, whistle: dict[str, Any], action: str, unit: str, **more: Any) -> httpx.Response:
        """As the unit's own key."""
        return await self.by(await self.unit(unit), whistle, action, unit=unit, **more)

    async def by(self, who: httpx.AsyncClient, whistle: dict[str, Any], action: str, **more: Any) -> httpx.Response:
        return await who.post(f"{WHISTLES}/{whistle['whistle_id']}/{action}", json=more)

    async def comes(self, whistle: dict[str, Any], unit: str) -> dict[str, Any]:
        answer = await self.act(whistle, "report-in", unit, **HERE)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def read(self, whistle: dict[str, Any]) -> dict[str, Any]:
        answer = await self.desk.get(f"{WHISTLES}/{whistle['whistle_id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def told(self, whistle: dict[str, Any]) -> list[Event]:
        """The whistle's events on the bus, in their order."""
        events = await self.one.events("duoge.cases")
        return [event for event in events if event.data.get("whistle_id") == whistle["whistle_id"]]

    async def names(self, whistle: dict[str, Any]) -> list[tuple[str, str | None]]:
        return [(event.name, event.data["unit"]) for event in await self.told(whistle)]

    async def case(self, case_id: str = "case_1", *, state: CaseState = "dispatched") -> str:
        """A case at the shop, as routing would open it."""
        now = self.one.clock.now()
        case = Case(
            case_id=case_id,
            sequence=0,
            state=state,
            case_class="key",
            level="comprehensive",
            concern="GL-03",
            sub_concern="GL-03.unloading",
            lead="ZR-DUTY-3",
            assists=("ZR-CITYLOOK",),
            title="夜间噪声",
            summary="兰溪路生鲜店每晚十一点后卸货，噪声很大",
            channel="hotline_12345",
            kind="complaint",
            confidential=False,
            place=Place(**HERE, address="兰溪路生鲜店", zone="block", grids={"comprehensive": "G4"}),
            fabric_version=1,
            decision=Decided("GL-03-shop", 1, "沿街商铺噪声", "点位所在责任网格", "key"),
            opened_at=now,
            dispatched_at=now,
            changed_at=now,
        )
        record = Record(now)
        about: dict[str, Any] = {
            "title": case.title,
            "summary": case.summary,
            "channel": case.channel,
            "fabric_version": 1,
        }
        record.add(case, "case.opened", "立案：噪声与油烟扰民", **about)
        async with self.one.service.db.transaction() as tx:
            await record.write(tx, Outbox(lambda: None))
        return case_id


def die() -> None:
    raise Died


def sweeper_of(house: House) -> Sweeper:
    (sweeper,) = house.one.service.sweepers()
    return sweeper


async def sweep(house: House) -> None:
    while await sweeper_of(house).turn():
        pass
