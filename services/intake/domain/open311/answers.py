"""Answers to the attributes of a service: checked against its definition, and said in words where words are read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.fabric.calendar import SHANGHAI
from services.intake.domain.admission import Fault
from services.intake.domain.open311 import taxonomy
from services.intake.domain.open311.taxonomy import Attribute

LONGEST = {"string": 128, "text": 1000}
Given = Mapping[str, Sequence[str]]
"""Code → what was sent for it; empty values are left out before."""


@dataclass(frozen=True, slots=True)
class Answers:
    """`said` are lines to be read beside the description; `others` what no attribute of the service asks for."""

    sub: str | None = None
    kind: str | None = None
    confidential: bool = False
    external_id: str | None = None
    said: tuple[str, ...] = ()
    others: Mapping[str, Sequence[str]] | None = None


def faults(asked: Sequence[Attribute], given: Given) -> list[Fault]:
    """Pointers are as the client wrote them: `/attribute[times]`."""
    found = []
    for attribute in asked:
        values = given.get(attribute.code, ())
        if attribute.variable and values:
            found += [(f"/attribute[{attribute.code}]", fault) for fault in _faults(attribute, values)]
    return found


def read(asked: Sequence[Attribute], given: Given) -> Answers:
    """Of what has no `faults`."""
    codes = {attribute.code for attribute in asked if attribute.variable}
    one = {code: values[0] for code, values in given.items() if values and code in codes}
    return Answers(
        sub=one.get(taxonomy.SUB),
        kind=one.get(taxonomy.KIND),
        confidential=one.get(taxonomy.CONFIDENTIAL) == "yes",
        external_id=one.get(taxonomy.EXTERNAL),
        said=tuple(_lines(one, given.get(taxonomy.TIMES, ()))),
        others={code: values for code, values in given.items() if code not in codes and values},
    )


def _lines(one: Mapping[str, str], times: Sequence[str]) -> Iterator[str]:
    if taxonomy.HAPPENED in one:
        at = datetime.fromisoformat(one[taxonomy.HAPPENED]).astimezone(SHANGHAI)
        yield f"发生时间：{at.year}年{at.month}月{at.day}日{at:%H:%M}"
    if times:
        yield f"时段：{'、'.join(taxonomy.TIMES_OF_DAY[time] for time in dict.fromkeys(times))}"
    if taxonomy.AFFECTED in one:
        yield f"大约影响{int(one[taxonomy.AFFECTED])}户"


def _faults(attribute: Attribute, values: Sequence[str]) -> list[str]:
    if attribute.datatype != "multivaluelist" and len(values) > 1:
        return ["只能填一个值"]
    check = _CHECKS[attribute.datatype]
    return [fault for value in values if (fault := check(attribute, value)) is not None][:1]


def _listed(attribute: Attribute, value: str) -> str | None:
    known = attribute.values or {}
    return None if value in known else f"没有 {value[:64]} 这个选项，请用 {'、'.join(known)} 之一"


def _whole(attribute: Attribute, value: str) -> str | None:
    return None if value.isascii() and value.isdigit() and len(value) <= 6 else "请填整数，至多六位"


def _moment(attribute: Attribute, value: str) -> str | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    good = at is not None and at.tzinfo is not None and 2000 <= at.year <= 2100
    return None if good else "请写成带时区的时间，如 2026-11-23T08:15:00+08:00"


def _words(attribute: Attribute, value: str) -> str | None:
    most = LONGEST[attribute.datatype]
    if len(value) > most:
        return f"至多 {most} 个字，请删减"
    return None if value.isprintable() else "含有控制字符，请去掉"


_CHECKS: Mapping[str, Callable[[Attribute, str], str | None]] = {
    "singlevaluelist": _listed,
    "multivaluelist": _listed,
    "number": _whole,
    "datetime": _moment,
    "string": _words,
    "text": _words,
}
