"""What of a closed case may hang on a public wall."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.console.models import CaseRow

LONGEST = 160
# Words are masked where they come in; this is the second lock, for what a unit wrote into its measures.
_LONG_NUMBER = re.compile(r"\d[\d\s-]{5,}\d")
_LANE_HOUSE = r"(?<=弄)\s?\d{1,4}\s?号楼?"
_DOOR = re.compile(
    rf"(?:{_LANE_HOUSE}\s?)?(?:\d{{1,4}}\s?(?:号楼|幢|栋|单元|座)\s?)*\d{{1,4}}[A-Za-z]?\s?(?:室|户室|号房)"
    rf"|{_LANE_HOUSE}(?:\s?\d{{3,4}}(?!\d))?"
)


@dataclass(frozen=True, slots=True)
class Notice:
    source: str
    concern: str
    content: str
    measures: str
    progress: str
    satisfaction: str


def public(text: str) -> str:
    """Without long numbers and doors, and no longer than a notice has room for."""
    shown = _DOOR.sub("", _LONG_NUMBER.sub("＊＊＊", text)).strip()
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def may_hang(row: CaseRow, confidential_kinds: Iterable[str]) -> bool:
    return row.state == "closed" and not row.confidential and row.kind not in set(confidential_kinds)
