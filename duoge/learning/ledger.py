"""A ledger of orders whose label is known: CSV (gzip too) or a workbook, text in `content`."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.grids.reading.tables import Table, csv_cells, sheet_cells, table_of
from services.intake.domain.learned.grams import Sample
from services.kit.files.archives import Archive, gunzipped
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded
from services.kit.files.workbooks import guarded

_TEXT = ("content", "内容", "诉求内容", "工单内容", "反映内容")
_TITLE = ("title", "标题", "诉求标题")
# What the source had decided before anybody handled the order; a cell of any other column may be of afterwards.
_BEFOREHAND = re.compile(r"(category|address|类别|分类|诉求类别|地址|事发地址)\d*$")
_SAME_KIND = re.compile(r"(category|类别|分类|诉求类别)\d*$")


@dataclass(frozen=True, slots=True)
class Ledger:
    """A sample for each row with its label; `lines` is the line of the file it stands on."""

    samples: Sequence[Sample]
    labels: Sequence[str]
    lines: Sequence[int]

    def named(self, names: Mapping[str, str]) -> "Ledger":
        """With one name for whatever `names` says is the same."""
        return Ledger(self.samples, [names.get(label, label) for label in self.labels], self.lines)

    def complete(self) -> "Ledger":
        """Only the rows that say something and have a label."""
        kept = [at for at, label in enumerate(self.labels) if label and self.samples[at].text]
        return Ledger(
            [self.samples[at] for at in kept], [self.labels[at] for at in kept], [self.lines[at] for at in kept]
        )


def read_ledger(file: Path, label: str, content_only: bool = False) -> Ledger:
    """BadFile with a sentence for a file that is no ledger."""
    table = _table(file)
    names = {name: None for row in table.rows for name in row}
    if label not in names:
        raise BadFile(f"{file} 里没有“{label}”这一列，请用 --label 写对列名：{'、'.join(list(names)[:20])}")
    text = next((name for name in _TEXT if name in names), None)
    if text is None:
        raise BadFile(f"{file} 里没有 content 这一列（工单的原话），请改好表头")
    title = next((name for name in _TITLE if name in names and name != label), None)
    columns = [] if content_only else [name for name in names if _beforehand(name, label)]
    return Ledger(
        [_sample(row, text, title, columns) for row in table.rows],
        [str(row.get(label, "")) for row in table.rows],
        table.lines,
    )


def read_names(file: Path) -> dict[str, str]:
    """As a ledger writes it → the one name of the same unit: the first two columns. BadFile."""
    found: dict[str, str] = {}
    for row, line in zip((table := _table(file)).rows, table.lines, strict=True):
        written, name, *_ = [*row.values(), "", ""]
        if not written or not name:
            raise BadFile(f"{file} 第 {line} 行要有两列：台账里的写法、统一的名称")
        if found.setdefault(written, name) != name:
            raise BadFile(f"{file} 第 {line} 行：“{written}”前面已经写成“{found[written]}”，请只留一行")
    if both := next((name for name in found.values() if found.get(name, name) != name), None):
        raise BadFile(f"{file} 里“{both}”既是统一的名称又要改成“{found[both]}”，请直接写最后的名称")
    return found


def _beforehand(name: str, label: str) -> bool:
    """The categories of an order are no hint for one another: who has the finest knows all."""
    both = _SAME_KIND.match(name) and _SAME_KIND.match(label)
    return name != label and not both and _BEFOREHAND.match(name) is not None


def _sample(row: Mapping[str, str], text: str, title: str | None, columns: Sequence[str]) -> Sample:
    told = str(row.get(text, ""))
    head = str(row.get(title, "")) if title else ""
    return Sample(f"{head}\n{told}" if head else told, {name: str(row[name]) for name in columns if name in row})


def _table(file: Path) -> Table:
    raw = file.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gunzipped(raw)
    if raw[:2] == b"PK":
        return table_of(sheet_cells(io.BytesIO(guarded(Archive(raw)))))
    told = decoded(raw)
    if told is None:
        raise BadFile(f"{file} 既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8 的 CSV 或 XLSX")
    return table_of(csv_cells(told))
