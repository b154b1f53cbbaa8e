"""The routing table over HTTP: read it, try it, replace it, and ask what it would do."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.dispatch.api.sheets import NO_VERSION, sentences
from services.dispatch.domain.routing.asking import Asking, BadAsking, Understood, understand
from services.dispatch.domain.routing.decide import Decision, decide
from services.dispatch.domain.routing.overlaps import warnings
from services.dispatch.domain.routing.row import Example, Row, Sentence
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.domain.routing.trial import as_item, simulate, summary, try_examples
from services.dispatch.errors import needed
from services.dispatch.repository import versions as repository
from services.dispatch.repository.latest import latest
from services.dispatch.usecases import rules
from services.dispatch.usecases.dry_run import try_on
from services.dispatch.usecases.rules import Publication, RuleBook
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.keys import Caller
from services.kit.problems import wrong

MOST_ORDERS = 5000
# Who decides whose it is may change the table; the rest of the house may see what it would do.
EDITORS = ("duty_desk", "supervisor")
_READERS = Depends(allow())
_STALE = refusals({412: "别人先改了"})


class TableIn(BaseModel):
    """What GET answers may be sent back as it is: what the house itself adds to it is let pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Annotated[list[Row], Field(description="规则，一行一条；按 priority 从小到大，先符合的说了算")]
    examples: Annotated[list[Example], Field(default_factory=list, max_length=2000, description="示例，都要通过")]
    note: Annotated[Sentence, Field(description="为什么改")] = ""
    version: int | None = None
    published_at: AwareDatetime | None = None
    published_by: Sentence | None = None

    def table(self) -> RuleTable:
        return RuleTable(0, self.rows, self.examples)


class SimulateIn(BaseModel):
    """`rows` absent: the table in force. `orders`, or the `last` cases there were."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: list[Row] | None = None
    orders: Annotated[list[Asking], Field(max_length=MOST_ORDERS)] = []
    last: Annotated[int | None, Field(ge=1, le=MOST_ORDERS, description="不给工单，就用最近立的这么多件案件")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SimulateIn":
        if self.last is not None and self.orders:
            raise ValueError("orders 和 last 只能给一个")
        return self


def router(db: Database, clock: Clock, copy: Copy[Fabric], book: RuleBook) -> APIRouter:
    """Under `/dispatch/v1`."""
    made = APIRouter(prefix="/dispatch/v1", tags=["派单规则"])

    @made.post("/explain", summary="这件事会派给谁，为什么")
    async def explain(body: Asking, caller: Annotated[Caller, _READERS]) -> dict[str, Any]:
        """不立案。工单的字段原样发来即可；没有事项的按词语判断，坐标优先于地址。"""
        fabric = needed(copy.current)
        async with db.reading() as tx:
            table = await book.current(tx)
        try:
            understood = understand(fabric, body)
        except BadAsking as error:
            raise wrong(error.pointer, error.detail) from None
        decision = decide(fabric, table, understood.matter, body.at or clock.now())
        return _explained(fabric, understood, decision)

    @made.get("/rules", summary="在用的派单规则", responses=NO_VERSION)
    async def read(
        response: Response,
        caller: Annotated[Caller, _READERS],
        version: Annotated[int | None, Query(ge=1, le=2**53, description="以前的版本")] = None,
    ) -> dict[str, Any]:
        async with db.reading() as tx:
            table = await (book.current(tx) if version is None else book.at_version(tx, version))
            kept = await repository.read(tx, "rule_table", table.version)
        put_etag(response, table.version)
        return rules.as_kept(table, kept)

    @made.put("/rules", summary="换一张派单规则", responses=_STALE)
    async def replace(
        response: Response,
        body: TableIn,
        caller: Annotated[Caller, Depends(allow(*EDITORS))],
        if_match: IfMatch = None,
    ) -> dict[str, Any]:
        """整张换。检查和示例都通过才生效；立即对所有进程生效，以前的版本留着。"""
        wanted = Publication(body.table(), caller, body.note, wanted_version(if_match))
        now = clock.now()
        faults = await asyncio.to_thread(rules.judge, wanted.table, needed(copy.current), now)
        if faults:
            raise rules.refuse(faults)
        async with db.transaction() as tx:
            table = await rules.publish(tx, book, wanted, now)
            kept = await repository.read(tx, "rule_table", table.version)
        put_etag(response, table.version)
        return rules.as_kept(table, kept)

    @made.post("/rules/check", summary="检查一张派单规则，不生效")
    async def check(body: TableIn, caller: Annotated[Caller, Depends(allow(*EDITORS))]) -> dict[str, Any]:
        """`faults` 不改不能生效；`warnings` 是该知道的：谁先谁后没有定的，哪里找不到主办的。"""
        fabric, table, now = needed(copy.current), body.table(), clock.now()
        faults = await asyncio.to_thread(rules.judge, table, fabric, now)
        passed = [] if faults else await asyncio.to_thread(try_examples, fabric, table, now)
        # Known words are needed to look further: a table with faults is mended first.
        known = [] if faults else await asyncio.to_thread(warnings, table, fabric, now)
        return {
            "ok": not faults,
            "rows": len(table),
            "examples": len(passed),
            "faults": sentences(faults),
            "warnings": sentences(known),
        }

    @made.post("/rules/simulate", summary="用一张派单规则试派一批工单，不立案")
    async def try_out(body: SimulateIn, caller: Annotated[Caller, Depends(allow(*EDITORS))]) -> dict[str, Any]:
        """`changed`：与在用的规则比，主办、协办或类别变了。`last`：在最近的案件上试，只列变了的，`moves` 是从谁到谁多少件。"""
        fabric = needed(copy.current)
        async with db.reading() as tx:
            current = await book.current(tx)
            cases = await latest(tx, body.last) if body.last is not None else []
        table = current if body.rows is None else RuleTable(0, body.rows)
        if body.last is not None:
            return await asyncio.to_thread(try_on, fabric, table, current, cases, clock.now())
        outcomes = await asyncio.to_thread(simulate, fabric, table, current, body.orders, clock.now())
        items = [as_item(fabric, place, outcome) for place, outcome in enumerate(outcomes)]
        return {"items": items, "summary": summary(items)}

    return made


def _explained(fabric: Fabric, understood: Understood, decision: Decision) -> dict[str, Any]:
    """As a case would show it, with the names that people know."""
    profile = fabric.profile
    code = str(decision.inputs["sub_concern"] or decision.inputs["concern"])
    whole = decision.as_json()
    inputs = whole["inputs"]
    return whole | {
        "concern": inputs["concern"],
        "sub_concern": inputs["sub_concern"],
        "concern_name": profile.concern_name(code),
        "concern_by": understood.by,
        "decision": {name: whole[name] for name in ("rule", "version", "reason", "ground", "alternatives", "fallback")},
        "lead_name": fabric.unit_name(decision.lead),
        "assists_names": [fabric.unit_name(code) for code in decision.assists],
        "located": {
            "how": understood.how,
            "name": understood.place,
            "lon": understood.matter.lon,
            "lat": understood.matter.lat,
            "zone": inputs["zone"],
            "grids": inputs["grids"],
        },
    }
