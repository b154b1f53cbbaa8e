"""The table of all event types: name → topic, body, version. Schemas, examples and AsyncAPI are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.kit.contracts import answers, cases, checkpoints, fabric, orders, topics
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Payload, encoded


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    topic: str
    model: type[Payload]
    chinese: str
    version: int = 1

    @property
    def ce_type(self) -> str:
        return f"duoge.{self.name}.v{self.version}"

    @property
    def source(self) -> str:
        return _SOURCES[self.topic]


_SOURCES = {
    topics.ORDERS.name: "duoge/intake",
    topics.CASES.name: "duoge/dispatch",
    topics.GRIDS.name: "duoge/grids",
    topics.CHECKPOINTS.name: "duoge/dispatch",
    topics.ANSWERS.name: "duoge/notify",
}

_ORDERS: Mapping[str, tuple[type[Payload], str]] = {
    "order.received": (orders.OrderEvent, "收到"),
    "order.accepted": (orders.OrderAccepted, "受理"),
    "order.declined": (orders.OrderDeclined, "不予受理"),
    "order.returned_to_source": (orders.OrderReturned, "退回来源"),
    "order.triaged": (orders.OrderTriaged, "转人工研判"),
    "order.joined": (orders.OrderJoined, "并案"),
    "order.split": (orders.OrderSplit, "拆案"),
    "order.supplemented": (orders.OrderSupplemented, "补充"),
    "order.urged": (orders.OrderUrged, "市民催办"),
    "order.withdrawn": (orders.OrderWithdrawn, "撤回"),
    "order.feedback": (orders.OrderFeedback, "评价"),
    "order.erased": (orders.OrderErased, "删除"),
    "order.return_accepted": (orders.OrderReturnAnswered, "来源同意退回"),
    "order.return_refused": (orders.OrderReturnAnswered, "来源不同意退回"),
    "order.excluded": (orders.OrderExcluded, "剔除"),
    "order.handed_over": (orders.OrderHandedOver, "移交"),
    "order.told_again": (orders.OrderTold, "重告"),
    "order.simulated": (orders.OrderSimulated, "沙箱模拟"),
}
_CASES: Mapping[str, tuple[type[Payload], str]] = {
    "case.opened": (cases.CaseOpened, "立案"),
    "case.dispatched": (cases.CaseDispatched, "派遣"),
    "case.signed": (cases.CaseEvent, "签收"),
    "case.contacted": (cases.CaseEvent, "先行联系"),
    "case.returned": (cases.CaseReassigned, "退单"),
    "case.ruled": (cases.CaseReassigned, "指定承办"),
    "case.transferred": (cases.CaseReassigned, "转办"),
    "case.rerouted": (cases.CaseRerouted, "改派"),
    "case.progressed": (cases.CaseProgressed, "处置进展"),
    "case.extended": (cases.CaseEvent, "延期"),
    "case.deferred": (cases.CasePaused, "缓办"),
    "case.resumed": (cases.CasePaused, "恢复办理"),
    "case.shelved": (cases.CasePaused, "挂账"),
    "case.unshelved": (cases.CasePaused, "销账"),
    "case.statutory": (cases.CasePaused, "转法定程序"),
    "case.warned": (cases.CaseClock, "黄灯预警"),
    "case.overdue": (cases.CaseClock, "超期"),
    "case.climbed": (cases.CaseReassigned, "升级"),
    "case.urged": (cases.CaseEvent, "催办"),
    "case.supervised": (cases.CaseSupervised, "督办"),
    "case.slip_replied": (cases.CaseSupervised, "督办单回复"),
    "case.slip_refused": (cases.CaseSupervised, "督办单退回重报"),
    "case.slip_closed": (cases.CaseSupervised, "督办单销号"),
    "case.summoned": (cases.CaseSupervised, "约谈"),
    "case.circulated": (cases.CaseSupervised, "通报"),
    "case.resolved": (cases.CaseResult, "办结"),
    "case.explained": (cases.CaseResult, "解释"),
    "case.verified": (cases.CaseEvent, "核查"),
    "case.called_back": (cases.CaseFeedback, "回访"),
    "case.rechecked": (cases.CaseEvent, "回头看"),
    "case.closed": (cases.CaseEvent, "结案"),
    "case.reopened": (cases.CaseEvent, "重办"),
    "case.withdrawn": (cases.CaseWithdrawn, "撤案"),
    "case.merged": (cases.CaseMerged, "并案"),
    "case.feedback": (cases.CaseFeedback, "市民评价"),
    "case.erased": (cases.CaseEvent, "删除市民原话"),
    "case.recurred": (cases.CaseRecurred, "复发"),
    "case.exclusion_asked": (cases.CaseExclusion, "报批剔除"),
    "case.excluded": (cases.CaseExclusion, "考核剔除"),
    "case.exclusion_refused": (cases.CaseExclusion, "不予剔除"),
    "case.exclusion_taken_back": (cases.CaseExclusionTakenBack, "撤销剔除"),
}
_WHISTLES: Mapping[str, tuple[type[Payload], str]] = {
    "whistle.blown": (cases.WhistleEvent, "吹哨"),
    "whistle.reminded": (cases.WhistleEvent, "催请同意"),
    "whistle.approved": (cases.WhistleEvent, "同意吹哨"),
    "whistle.paged": (cases.WhistlePaged, "呼叫"),
    "whistle.accepted": (cases.WhistleEvent, "应哨"),
    "whistle.declined": (cases.WhistleEvent, "请辞"),
    "whistle.reported_in": (cases.WhistleEvent, "报到"),
    "whistle.missing": (cases.WhistleEvent, "未到"),
    "whistle.escalated": (cases.WhistleEscalated, "哨声升级"),
    "whistle.substituted": (cases.WhistleEvent, "替补"),
    "whistle.done": (cases.WhistleEvent, "完成"),
    "whistle.met": (cases.WhistleEvent, "全部到场"),
    "whistle.released": (cases.WhistleEvent, "散哨"),
    "whistle.cancelled": (cases.WhistleEvent, "撤哨"),
    "whistle.exhausted": (cases.WhistleEvent, "到顶未应"),
    "whistle.evaluated": (cases.WhistleEvent, "互评"),
}
_CHANGES: Mapping[str, tuple[type[Payload], str]] = {
    "fabric.published": (fabric.FabricPublished, "网格版本发布"),
    "fabric.listed": (fabric.FabricListed, "网格清单"),
    "profile.changed": (fabric.ProfileChanged, "城市方案变更"),
    "gazetteer.changed": (fabric.GazetteerChanged, "地名地址变更"),
    "component.changed": (fabric.ComponentsChanged, "部件变更"),
    "calendar.changed": (fabric.CalendarChanged, "工作日历变更"),
    "grid.changed": (fabric.GridChanged, "网格变更"),
    "unit.changed": (fabric.UnitChanged, "单位变更"),
    "person.changed": (fabric.PersonChanged, "人员变更"),
    "roster.changed": (fabric.RosterChanged, "值班表变更"),
    "ruling.changed": (fabric.RulingChanged, "代管、裁定进入网格"),
    "ground.found": (fabric.GroundChanged, "列入三不管台账"),
    "ground.held": (fabric.GroundChanged, "指定代管"),
    "ground.ruled": (fabric.GroundChanged, "裁定归属"),
    "ground.closed": (fabric.GroundChanged, "三不管销号"),
}
_CHECKPOINTS: Mapping[str, tuple[type[Payload], str]] = {
    "record.sealed": (checkpoints.RecordSealed, "案卷检查点"),
}
_ANSWERS: Mapping[str, tuple[type[Payload], str]] = {
    "callback.answered": (answers.CallbackAnswered, "来源在回告里答复"),
}

TYPES: Mapping[str, EventType] = {
    name: EventType(name, topic.name, model, chinese)
    for topic, table in (
        (topics.ORDERS, _ORDERS),
        (topics.CASES, _CASES),
        (topics.CASES, _WHISTLES),
        (topics.GRIDS, _CHANGES),
        (topics.CHECKPOINTS, _CHECKPOINTS),
        (topics.ANSWERS, _ANSWERS),
    )
    for name, (model, chinese) in table.items()
}
BY_CE_TYPE: Mapping[str, EventType] = {kind.ce_type: kind for kind in TYPES.values()}


def make(name: str, body: Payload, *, subject: str, sequence: int, at: datetime, trace: str | None = None) -> Event:
    """An event of a registered type; a body of another type is a mistake of the caller's (TypeError)."""
    kind = TYPES[name]
    if type(body) is not kind.model:
        raise TypeError(f"{name} carries {kind.model.__name__}, not {type(body).__name__}")
    return Event(kind.ce_type, subject, sequence, at, kind.source, encoded(body), trace=trace)


def body_of(event: Event) -> Payload:
    """The event's body as its registered model; pydantic's ValidationError if it does not fit."""
    return BY_CE_TYPE[event.type].model.model_validate_json(event.value)
