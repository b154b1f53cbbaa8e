"""What an import answers."""

from typing import Any

from pydantic import BaseModel, Field


class ColumnRead(BaseModel):
    header: str
    field: str | None = Field(description="我们的字段；没有的收进 extra，序号一类不管")


class FailedRow(BaseModel):
    line: int = Field(description="文件里的第几行")
    cells: list[str]
    reasons: list[str]


class TakenRow(BaseModel):
    line: int
    order_id: str
    links: dict[str, str] = Field(description="receipt 是给反映人的回执")


class ImportAnswer(BaseModel):
    preview: bool
    sheet: str
    header_line: int
    columns: list[ColumnRead]
    rows: int
    added: int = Field(description="新的工单；预览时是会新增的")
    known: int = Field(description="以前导过的，和文件里重复的")
    failures: int
    failed: list[FailedRow] = Field(description="预览时只列前 50 行")
    taken: list[TakenRow] = Field(default=[], description="导入的每一行是哪张工单，以前导过的也在内；预览时没有")
    sample: list[dict[str, Any]] = Field(description="预览时的前几行，不显示是谁")
