"""What lies before a meeting of a case: what was asked for, what somebody still owes, who else could lead. Pure."""

from collections.abc import Iterable, Iterator

from services.dispatch.domain import parts, slips
from services.dispatch.domain.whistle.model import Whistle
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric
from services.kit.clock import local

_ASKED = {"extend": "延期", "shelve": "挂账"}
_WHISTLES = {"open": "等报到", "partly_met": "没有到齐", "met": "已到齐", "exhausted": "升级后仍没有到齐"}


def on_the_table(fabric: Fabric, case: Case, whistles: Iterable[Whistle]) -> list[str]:
    """In sentences, the most pressing first."""
    return [
        *_request(fabric, case),
        *(_whistle(fabric, whistle) for whistle in whistles if whistle.state in _WHISTLES),
        *(
            f"{fabric.unit_name(part.unit)}分办的还没办完{f'：{part.asked}' if part.asked else ''}"
            for part in parts.owed(case)
        ),
        *_slips(case),
        *(
            f"{one.subject}要在 {local(one.due)} 前整改：{one.orders}"
            for one in case.course.rectifications
            if one.state == "ordered"
        ),
        *(f"也可以由{fabric.unit_name(one['lead'])}主办：{one['reason']}" for one in _rows(case)),
    ]


def _request(fabric: Fabric, case: Case) -> Iterator[str]:
    asked = case.course.request
    if asked is not None:
        until = f"到 {local(asked.until)}" if asked.until else ""
        said = f"：{asked.note}" if asked.note else ""
        yield f"{fabric.unit_name(asked.unit)}申请{_ASKED[asked.action]}{until}，等{fabric.profile.level_name(asked.level)}批{said}"


def _whistle(fabric: Fabric, whistle: Whistle) -> str:
    if whistle.waiting:
        return f"{whistle.kind_name}等街道同意：{whistle.need or '请到场协同处置'}"
    missing = "、".join(fabric.unit_name(call.unit) for call in whistle.owed)
    still = f"，{missing}还没有到" if missing else ""
    return f"{whistle.kind_name}{_WHISTLES[whistle.state]}{still}"


def _slips(case: Case) -> Iterator[str]:
    for slip in case.course.slips:
        if slip.state in slips.OPEN:
            waits = "等销号" if slip.state == "replied" else f"要在 {local(slip.due)} 前回复" if slip.due else "等回复"
            yield f"{slips.LEVELS[slip.level]}督办单第{slip.place}号{waits}：{slip.said}"


def _rows(case: Case) -> Iterator[dict[str, str]]:
    """Of the table; rulings stand by themselves."""
    for one in case.decision.alternatives:
        if not one["rule"].startswith("precedent-") and one["lead"] != case.lead:
            yield {"lead": one["lead"], "reason": one.get("reason", "").rstrip("。") or one["rule"]}
