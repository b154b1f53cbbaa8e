"""The routing table in force, and how another one becomes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from services.dispatch.domain.routing.check import Fault, check
from services.dispatch.domain.routing.duties import SHIPPED_VERSION, Duty, DutyList
from services.dispatch.domain.routing.duties import shipped as shipped_duties
from services.dispatch.domain.routing.precedents import KEPT, NO_PRECEDENTS, Precedents
from services.dispatch.domain.routing.table import BUILT_IN_VERSION, RuleTable, built_in, table_from
from services.dispatch.domain.routing.trial import try_examples
from services.dispatch.repository import precedents
from services.dispatch.repository import versions as repository
from services.dispatch.repository.versions import Published
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import Caller
from services.kit.problems import Invalid, NotFound

log = structlog.get_logger()
_MOST_FAULTS = 100


class RuleBook:
    """A process's copy of the table in force and of what stands behind it: the list of duties and the precedents. Every
    batch asks for the newest of the three in one statement, and reads only what has changed: so all processes follow,
    without being told."""

    def __init__(self, profile: str) -> None:
        self._shipped = built_in(profile)
        self._shipped_duties = shipped_duties(profile)
        self._read: RuleTable = self._shipped
        self._duties: DutyList = self._shipped_duties
        self._precedents = NO_PRECEDENTS
        self._held = self._read.standing_on(self._duties, self._precedents)
        if self._shipped.note:
            log.warning("dispatch.rules_of_another", note=self._shipped.note)

    async def current(self, tx: Tx) -> RuleTable:
        newest = await repository.newest(tx)
        table = await self.at_version(tx, newest.rules or BUILT_IN_VERSION)
        listed = await self.duties_at(tx, newest.duties or SHIPPED_VERSION)
        known = self._precedents
        if known.newest != newest.precedent:
            # A rolled-back ruling leaves no number behind; a restored database may have fewer.
            after = known.newest if newest.precedent > known.newest else 0
            kept = known.known if after else ()
            known = Precedents([*await precedents.since(tx, after, KEPT), *kept][:KEPT])
        if (table, listed, known) != (self._read, self._duties, self._precedents):
            self._read, self._duties, self._precedents = table, listed, known
            self._held = table.standing_on(listed, known)
        return self._held

    async def at_version(self, tx: Tx, version: int) -> RuleTable:
        """Raises NotFound."""
        if version == BUILT_IN_VERSION:
            return self._shipped
        if version == self._read.version:
            return self._read
        return table_from((await published(tx, version)).body, version)

    async def duties_at(self, tx: Tx, version: int) -> DutyList:
        """Raises NotFound."""
        if version == SHIPPED_VERSION:
            return self._shipped_duties
        if version == self._duties.version:
            return self._duties
        kept = await repository.read(tx, "duty_list", version)
        if kept is None:
            raise NotFound("没有这个版本的职责清单，请核对版本号")
        return DutyList(version, [Duty.model_validate(one) for one in kept.body["duties"]], kept.note)


@dataclass(frozen=True, slots=True)
class Publication:
    """A table that has been judged, with who wants it; `base` is the version they changed, None where they don't say."""

    table: RuleTable
    by: Caller
    note: str
    base: int | None


def judge(table: RuleTable, fabric: Fabric, now: datetime) -> list[Fault]:
    """What stands against making it live: faults of the rows, or else the examples that it does not pass. Nothing but the
    processor: may run in a thread."""
    found = check(table, fabric)
    if found:
        return found
    tried = try_examples(fabric, table, now)
    return [Fault(f"/examples/{one.place}", one.fault) for one in tried if one.fault is not None]


def refuse(faults: list[Fault], what: str = "规则表") -> Invalid:
    more = f"（共 {len(faults)} 处，先列 {_MOST_FAULTS} 处）" if len(faults) > _MOST_FAULTS else ""
    listed = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults[:_MOST_FAULTS]]
    return Invalid(f"{what}没有通过检查，请按 errors 逐条改正后重发{more}", errors=listed)


async def publish(tx: Tx, book: RuleBook, wanted: Publication, now: datetime) -> RuleTable:
    """In force for everybody as soon as the transaction is committed. Raises Stale when somebody else was quicker."""
    await repository.alone(tx, "rule_table")
    current = await book.current(tx)
    check_version(wanted.base, current.version)
    body = wanted.table.as_json()
    body.pop("version")
    version = current.version + 1
    kept = Published(version, now, wanted.by.name, wanted.by.role, wanted.note, body)
    await repository.publish(tx, "rule_table", kept, wanted.by.key_id)
    return RuleTable(version, wanted.table.written, wanted.table.examples)


async def published(tx: Tx, version: int) -> Published:
    found = await repository.read(tx, "rule_table", version)
    if found is None:
        raise NotFound("没有这个版本的规则表，请核对版本号")
    return found


def as_kept(table: RuleTable, kept: Published | None) -> dict[str, Any]:
    """The table with who made it so; the shipped one was made by nobody here."""
    return table.as_json() | {
        "published_at": kept.at.isoformat() if kept else None,
        "published_by": kept.by_name if kept else None,
        "note": kept.note if kept else table.note or "随软件提供的默认规则",
    }
