"""Tables as Excel files. A cell is always text: what begins with `=` stays what somebody wrote."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xlsxwriter import Workbook

_LONGEST_CELL = 32_767
_ORDERS = {
    "order_id": "工单编号",
    "source": "来源",
    "external_id": "来源编号",
    "channel": "渠道",
    "status": "状态",
    "reported_at": "反映时间",
    "name": "姓名",
    "phone": "电话",
    "title": "标题",
    "content": "原话",
    "address": "地址",
    "position": "坐标",
    "extra": "其他",
    "attachments": "附件",
    "concern": "事项",
    "satisfaction": "评价",
    "case_id": "案件",
}
_PROGRESS = {"at": "时间", "text": "进展", "unit": "单位"}
_ENTRIES = {"at": "时间", "action": "动作", "by": "谁", "role": "角色", "note": "说明"}
_AUDIT = {"at": "时间", "order_id": "工单编号", "action": "动作", "by": "谁", "role": "角色", "note": "说明"}
_OF_ORDER = {"order_id": "工单编号"}


def of_person(held: Mapping[str, Any]) -> bytes:
    """Sheets: orders, progress, who did what to them, who asked about the person."""
    orders = held["orders"]
    return _book(
        {
            "工单": (_ORDERS, orders),
            "进展": (_OF_ORDER | _PROGRESS, _spread(orders, "progress")),
            "操作记录": (_OF_ORDER | _ENTRIES, _spread(orders, "entries")),
            "查询记录": (_ENTRIES, held["asked"]),
        }
    )


def of_audit(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return _book({"操作记录": (_AUDIT, entries)})


def _spread(orders: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{"order_id": order["order_id"], **line} for order in orders for line in order[name]]


def _book(sheets: Mapping[str, tuple[Mapping[str, str], Iterable[Mapping[str, Any]]]]) -> bytes:
    """Sheet → (field → heading, rows)."""
    made = io.BytesIO()
    with Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for column, heading in enumerate(columns.values()):
                sheet.write_string(0, column, heading)
            for line, row in enumerate(rows, 1):
                for column, field in enumerate(columns):
                    sheet.write_string(line, column, _cell(row.get(field))[:_LONGEST_CELL])
    return made.getvalue()


def _cell(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
