"""One example of every event type, from one small story: a shop that unloads at night."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.kit.contracts import answers, cases, checkpoints, fabric, orders
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Payload, Place
from services.kit.contracts.registry import TYPES, make

_AT = datetime(2026, 11, 23, 0, 15, tzinfo=UTC)
_ORDER, _CASE, _WHISTLE = "ord_01", "case_01", "wh_01"
_PLACE = Place(
    lon=121.407887,
    lat=31.242573,
    address="兰溪路生鲜店",
    zone="block",
    grids={"comprehensive": "G4", "duty": "DU3", "police": "PO5", "market": "MA1"},
)
_CLOCK = cases.ClockView(kind="sign", started=_AT, due=_AT + timedelta(hours=3), state="running")
_ORDER_BASE: dict[str, Any] = {
    "order_id": _ORDER,
    "status": "accepted",
    "source": "sh12345",
    "external_id": "SH12345-20261123-000123",
    "channel": "hotline_12345",
    "kind": "complaint",
    "reported_at": _AT,
    "text": "12345 来单，已受理：噪声与油烟扰民",
}
_CASE_BASE: dict[str, Any] = {
    "case_id": _CASE,
    "sequence": 1,
    "state": "dispatched",
    "class": "key",
    "level": "comprehensive",
    "concern": "GL-03",
    "lead": "ZR-DUTY-3",
    "assists": ["ZR-POLICE-5", "ZR-MARKET-1", "ZR-C16"],
    "place": _PLACE,
    "orders": [_ORDER],
    "clock": _CLOCK,
    "text": "派真如责任网格3组主办，真如警务责任区5组等协办",
    "at": _AT,
    "by": "城运中心",
    "unit": "ZR-DUTY-3",
    "fabric_version": 12,
}
_CALL = cases.WhistleCall(unit="ZR-POLICE-5", state="called")
_WHISTLE_BASE: dict[str, Any] = {
    "whistle_id": _WHISTLE,
    "case_id": _CASE,
    "sequence": 7,
    "kind": "joint_enforcement",
    "whistle_state": "open",
    "state": "in_progress",
    "class": "key",
    "level": "comprehensive",
    "concern": "GL-03",
    "lead": "ZR-DUTY-3",
    "place": _PLACE,
    "need": "联合检查夜间卸货",
    "report_in_by": _AT + timedelta(hours=9),
    "calls": [_CALL],
    "text": "吹响综合执法哨，请真如警务责任区5组 17 时前到场",
    "at": _AT,
}
# What a body adds to its base; the rest of the fields are the base's.
_MORE: dict[type[Payload], dict[str, Any]] = {
    orders.OrderDeclined: {"status": "declined", "reason": "outside"},
    orders.OrderTriaged: {"status": "triage", "reason": "地点说不清"},
    orders.OrderReturned: {"status": "returned_to_source", "reason": "不属本街道"},
    orders.OrderReturnAnswered: {"status": "returned_to_source", "case_id": _CASE, "note": "同意退回"},
    orders.OrderExcluded: {
        "case_id": _CASE,
        "ground": "unreasonable",
        "reason": "要求拆除合法建筑",
        "whole_case": True,
    },
    orders.OrderHandedOver: {"handover_id": "hov_01", "service": "110", "units": ["ZR-POLICE-5"], "place": _PLACE},
    orders.OrderTold: {"case_id": _CASE},
    orders.OrderSupplemented: {"content": "昨晚又卸货到一点", "case_id": _CASE},
    orders.OrderUrged: {"case_id": _CASE},
    orders.OrderWithdrawn: {"status": "withdrawn", "case_id": _CASE, "reason": "已解决"},
    orders.OrderSimulated: {
        "status": "in_progress",
        "sandbox": True,
        "case_id": "sandbox_01",
        "step": "case.closed",
        "data": {"case_id": "sandbox_01", "state": "closed"},
    },
    orders.OrderFeedback: {"case_id": _CASE, "resolved": True, "satisfaction": "satisfied"},
    orders.OrderErased: {"status": "closed", "case_id": _CASE, "depth": "words", "text": "已按当事人要求删除内容"},
    cases.CaseResult: {"state": "resolved", "measures": "店家承诺二十二时后不卸货", "evidence": ["photo:after"]},
    cases.CaseReassigned: {"previous": "ZR-C16", "clocks": [_CLOCK]},
    cases.CaseRerouted: {
        "previous": "ZR-DUTY-2",
        "clocks": [_CLOCK],
        "reason": "not_signed",
        "fabric_version": 13,
        "fabric_before": 12,
        "fabric_after": 13,
        "rule": "GL-03-shop",
        "rule_version": 1,
        "ground": "沿街商铺噪声由点位所在责任网格主办",
        "text": "网格从第12版改到第13版，真如责任网格2组尚未签收，改派真如责任网格3组主办",
    },
    cases.CaseFeedback: {"order_id": _ORDER, "resolved": True, "satisfaction": "satisfied"},
    cases.CaseRecurred: {"state": "closed", "again": "case_0198f3a2b5d87c20a4f1c2d3e4f50617"},
    cases.CaseExclusion: {
        "exclusion_id": "excl_0198f3a2b5d87c20a4f1c2d3e4f50617",
        "ground": "unreasonable",
        "evidence": ["走访记录", "告知书"],
    },
    cases.CaseExclusionTakenBack: {
        "exclusion_id": "excl_0198f3a2b5d87c20a4f1c2d3e4f50617",
        "ground": "unreasonable",
        "evidence": ["走访记录", "告知书"],
    },
    cases.WhistlePaged: {
        "round": 1,
        "pages": [cases.WhistlePage(of="ZR-POLICE-5", unit="ZR-POLICE", person="POL-01")],
    },
    cases.WhistleEscalated: {"escalated_to": ["ZR-POLICE", "QP"]},
}
_ACCEPTED: dict[str, Any] = {
    "title": "夜间噪声",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "concern": "GL-03",
    "sub_concern": "GL-03.shop",
    "category": "公共管理",
    "confidence": 0.93,
    "words": ["卸货", "噪声"],
    "place": _PLACE,
    "fabric_version": 12,
}
_OPENED: dict[str, Any] = {
    "title": "夜间噪声",
    "summary": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "channel": "hotline_12345",
    "kind": "complaint",
    "fabric_version": 12,
}
_DISPATCHED: dict[str, Any] = {
    "rule": "GL-03-shop",
    "rule_version": 1,
    "ground": "沿街商铺噪声由点位所在责任网格主办",
    "clocks": [_CLOCK],
}
_ANSWERED: dict[str, Any] = {"order_id": _ORDER, "source": "sh12345", "accepted": False, "reason": "地点在贵街道范围内"}
_SEALED: dict[str, Any] = {
    "number": 42,
    "at": _AT,
    "body": '{"number":42,"at":"2026-11-23T00:15:00+00:00","previous":"'
    + "5e" * 32
    + '","heads":[["case_01",7,"'
    + "a7" * 32
    + '"]]}',
    "hash": "0c" * 32,
    "signature": "1d" * 64,
    "key": "2b" * 32,
}
_FABRIC: dict[type[Payload], dict[str, Any]] = {
    fabric.FabricPublished: {
        "version": 12,
        "what": "overlay",
        "by": "区城运中心",
        "by_key": "key_01",
        "overlay": "duty",
        "file": "责任网格.zip",
        "counts": {"added": 0, "changed": 1, "removed": 0},
        "codes": {"changed": ["DU3"]},
    },
    fabric.FabricListed: {"version": 12, "part": 0, "hashes": {"duty/DU3": "8b1a9953c4611296a827abf8c47804d7"}},
    fabric.ProfileChanged: {"name": "zhenru", "version": 1},
    fabric.GazetteerChanged: {"places": [["兰溪路2号", "address", 121.397126, 31.242005, []]]},
    fabric.ComponentsChanged: {
        "kinds": ["lamp"],
        "owners": [None, "OWN-LAMP"],
        "states": ["ok"],
        "rows": [["3101070118000123", 0, 121.4078873, 31.2425734, 1, 0]],
    },
    fabric.CalendarChanged: {"year": 2027, "complete": True, "days": {"2027-01-01": False}},
    fabric.GroundChanged: {
        "id": "gr_01",
        "kind": "bouncing",
        "state": "ruled",
        "place": Place(lon=121.407887, lat=31.242573, address="兰溪路生鲜店"),
        "overlays": ["duty", "market"],
        "grids": {"duty": ["DU3"], "market": ["MA1"]},
        "holder": "ZR",
        "ruling": {"unit": "ZR-DUTY-3", "ground": "红线内归责任网格", "at": _AT},
        "first_seen": _AT - timedelta(days=20),
        "last_seen": _AT - timedelta(days=1),
        "text": "兰溪路生鲜店（推来推去）裁定归真如责任网格3组，依据：红线内归责任网格",
        "at": _AT,
    },
    fabric.RulingChanged: {
        "id": "gr_01",
        "kind": "gap",
        "overlays": ["duty"],
        "unit": "ZR-DUTY-3",
        "settled": True,
        "ground": "红线内归责任网格",
        "at": _AT,
    },
    fabric.GridChanged: {"overlay": "duty", "code": "DU3", "editions": []},
    fabric.UnitChanged: {"code": "ZR-DUTY-3", "name": "真如责任网格3组"},
    fabric.PersonChanged: {
        "code": "P-03",
        "unit": "ZR-DUTY-3",
        "role": "队员",
        "skills": ["fire"],
        "sealed": "c2VhbGVk",
    },
    fabric.RosterChanged: {
        "unit": "ZR-DUTY-3",
        "changed": ["2026-11-24 20:00 的班 P-03 和 P-04 对换"],
        "by": "真如综合行政执法队",
    },
}
_FABRIC_SUBJECTS: dict[type[Payload], str] = {
    fabric.FabricPublished: "manifest",
    fabric.FabricListed: "manifest/0",
    fabric.ProfileChanged: "profile",
    fabric.GazetteerChanged: "gazetteer/7f",
    fabric.ComponentsChanged: "component/3f",
    fabric.CalendarChanged: "calendar/2027",
    fabric.UnitChanged: "unit/ZR-DUTY-3",
    fabric.PersonChanged: "person/P-03",
    fabric.RosterChanged: "roster/ZR-DUTY-3",
    fabric.GroundChanged: "ground/gr_01",
    fabric.RulingChanged: "ruling/gr_01",
}


def example(name: str) -> Event:
    """The example of one registered type, complete and valid."""
    model = TYPES[name].model
    return make(name, model.model_validate(_fields(model)), subject=_subject(model), sequence=1, at=_AT)


def _fields(model: type[Payload]) -> dict[str, Any]:
    if model in _FABRIC:
        return _FABRIC[model]
    if model is checkpoints.RecordSealed:
        return _SEALED
    if model is answers.CallbackAnswered:
        return _ANSWERED
    fields: dict[str, Any] = {}
    for base, given in (
        (orders.OrderEvent, _ORDER_BASE),
        (orders.OrderAccepted, _ACCEPTED),
        (cases.CaseEvent, _CASE_BASE),
        (cases.CaseOpened, _OPENED),
        (cases.CaseDispatched, _DISPATCHED),
        (cases.WhistleEvent, _WHISTLE_BASE),
    ):
        if issubclass(model, base):
            fields |= given
    if model in (orders.OrderJoined, orders.OrderSplit):
        fields |= {"case_id": _CASE}
    return fields | _MORE.get(model, {})


def _subject(model: type[Payload]) -> str:
    if issubclass(model, orders.OrderEvent | answers.CallbackAnswered):
        return _ORDER
    if model is checkpoints.RecordSealed:
        return "dispatch"
    return _FABRIC_SUBJECTS.get(model, "duty/DU3" if model in _FABRIC else _CASE)
