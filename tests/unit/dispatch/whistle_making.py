"""Whistles to start a test from."""

from datetime import datetime, timedelta

from services.dispatch.domain.whistle.calling import report_in_by, roster, second_rule
from services.dispatch.domain.whistle.model import Call, Meet, Whistle
from services.kit.contracts.payload import Place
from tests.harness.zhenru import AT, SHOP, zhenru


def blown(*units: str, kind: str = "joint_enforcement", at: datetime = AT, unit: str | None = "ZR-OPS") -> Whistle:
    """As `blow` would make it, without a case."""
    fabric = zhenru()
    rules = fabric.profile.whistle_kind(kind)
    assert rules is not None
    due = report_in_by(rules, at, fabric.calendar)
    return Whistle(
        whistle_id="wh_1",
        case_id=None,
        kind=kind,
        kind_name=rules.name,
        need="联合检查夜间卸货",
        place=Place(lon=SHOP[0], lat=SHOP[1], address="兰溪路生鲜店"),
        meet=Meet(*SHOP),
        blown_by="城运中心",
        blown_unit=unit,
        blown_at=at,
        report_in_by=due,
        ladder=rules.escalates,
        second=second_rule(rules, None),
        calls=tuple(Call(code, roster(fabric, code, rules.escalates).climbs_to, due) for code in units),
    )


LATER = timedelta(hours=24)
