"""Made registers: XLSX and CSV."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

HEADER = ["序号", "来访日期", "来访人", "联系电话", "居住地址", "反映内容（必填）", "备注"]
ROWS: list[list[Any]] = [
    [1, "2026-11-20 09:30", "赵铁柱", 13812345678, "兰溪路生鲜店", "每晚十一点后卸货,噪声很大", "电话回复"],
    [2, "2026/11/21", "钱大妈", "1.3912345678E+10", "兰溪路生鲜店", "楼道堆物", "=1+1"],
    [3, "2026年11月22日 下午3时", "", "", "兰溪路生鲜店", "路灯不亮", ""],
]


def xlsx(*sheets: Sequence[Sequence[Any]], titles: Sequence[str] = ()) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        for number, rows in enumerate(sheets):
            sheet = book.add_worksheet(f"表{number}")
            for line, row in enumerate([*([title] for title in titles), *rows]):
                for column, cell in enumerate(row):
                    if cell not in ("", None):
                        sheet.write(line, column, cell)
    return out.getvalue()


def csv(rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)
