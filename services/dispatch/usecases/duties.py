"""The list of duties in force, and how another one becomes it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from services.dispatch.domain.routing.check import Fault
from services.dispatch.domain.routing.duties import MOST, PARTS, Duty, DutyList, doubles
from services.dispatch.domain.routing.vocabulary import Vocabulary
from services.dispatch.repository import versions as repository
from services.dispatch.repository.versions import Published
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import Caller


def check(duties: Sequence[Duty], fabric: Fabric) -> list[Fault]:
    """What stands against a list's becoming the one in force."""
    if not duties:
        return [Fault("/duties", "职责清单是空的，请至少写一行。")]
    if len(duties) > MOST:
        return [Fault("/duties", f"职责清单有 {len(duties)} 行，最多 {MOST} 行，请合并。")]
    words = Vocabulary(fabric)
    found = [fault for place, duty in enumerate(duties) for fault in _entry(duty, f"/duties/{place}", words)]
    twice = [
        Fault(f"/duties/{place}/matter", f"第 {place + 1} 条和前面的事项、三区、权属都一样，请合并成一条。")
        for place in doubles(duties)
    ]
    return [*found, *twice]


def _entry(duty: Duty, pointer: str, words: Vocabulary) -> Iterator[Fault]:
    zones = words.of_condition["zone"][1]
    for name, title, code, known in (
        ("matter", "事项", duty.matter, {**words.concerns, **words.subs}),
        ("zone", "三区", duty.zone, zones),
        ("owner", "权属角色", duty.owner, words.roles),
    ):
        if code is not None and code not in known:
            yield Fault(f"{pointer}/{name}", f"{title}“{code}”不存在，请改成已有的编码。")
    for name, part in PARTS.items():
        for place, target in enumerate(getattr(duty, name)):
            family, _, code = target.partition(":")
            title, listed = words.of_target.get(family, ("", {})) if code else ("", {})
            if title and code not in listed:
                yield Fault(f"{pointer}/{name}/{place}", f"{part}里的{title}“{code}”不存在，请改成已有的编码。")


async def publish(
    tx: Tx, book: RuleBook, duties: Sequence[Duty], by: Caller, note: str, base: int | None, now: datetime
) -> DutyList:
    """Printed on every dispatch as soon as the transaction is committed. Raises Stale when somebody else was quicker."""
    await repository.alone(tx, "duty_list")
    current = (await book.current(tx)).duties
    version = (current.version if current else 0) or 1
    check_version(base, version)
    made = DutyList(version + 1, duties, note)
    body = {"duties": [duty.as_json() for duty in duties]}
    await repository.publish(tx, "duty_list", Published(version + 1, now, by.name, by.role, note, body), by.key_id)
    return made


def as_kept(listed: DutyList, kept: Published | None) -> dict[str, Any]:
    """The list with who made it so; the shipped one was made by nobody here."""
    return listed.as_json() | {
        "version": listed.version or 1,
        "published_at": kept.at.isoformat() if kept else None,
        "published_by": kept.by_name if kept else None,
        "note": kept.note if kept else listed.note or "还没有职责清单",
    }
