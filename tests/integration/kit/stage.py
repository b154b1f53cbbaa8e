"""The smallest whole service: one writing route, one reading route, a consumer; to be asked over HTTP or run alone."""

import json
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from services.kit.bus.port import Bus
from services.kit.clock import FrozenClock
from services.kit.consumer import Consumer
from services.kit.contracts.topics import GRIDS, ORDERS
from services.kit.copies import Copy
from services.kit.foundation import lay
from services.kit.http.answers import read_json
from services.kit.http.auth import allow
from services.kit.keys import Caller
from services.kit.service import Service
from services.kit.settings import KitSettings, load
from tests.integration.kit.bench import AT, SCHEMA, record_effects, write

ADMIN = "admin-key-of-the-operator"


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: str = Field(min_length=1, max_length=60)
    weight: int = 0
    extra: dict[str, Any] = Field(default_factory=dict)


class Nothing:
    version = 0


def settings_for(url: str, **more: object) -> KitSettings:
    given: dict[str, object] = {"database_url": url, "secret": "s" * 40, "admin_key": ADMIN, "dev": True}
    return load(KitSettings, **(given | more))


def build(settings: KitSettings, bus: Bus, *, copy: Copy[Any] | None = None) -> Service:
    own = copy or Copy(SCHEMA, bus, GRIDS.name, lambda entries: None, lambda entries, before: Nothing())
    base = lay(SCHEMA, "台架", settings, FrozenClock(AT), bus, own, {f"/{SCHEMA}/v1/roomy": 2 * settings.body_limit})
    app = base.app

    @app.post(f"/{SCHEMA}/v1/notes", status_code=201)
    async def post(note: Note, caller: Annotated[Caller, Depends(allow("source"))]) -> dict[str, str]:
        async with base.db.transaction() as tx:
            await write(tx, base.outbox, [note.subject])
            await tx.execute(
                text("INSERT INTO note (subject, weight, extra) VALUES (:s, :w, CAST(:e AS jsonb))"),
                {"s": note.subject, "w": note.weight, "e": json.dumps(note.extra)},
            )
        return {"subject": note.subject}

    @app.get(f"/{SCHEMA}/v1/notes/{{subject}}")
    async def get(subject: str, caller: Annotated[Caller, Depends(allow())]) -> dict[str, int]:
        async with base.db.reading() as tx:
            found = await tx.execute(text("SELECT count(*) FROM note WHERE subject = :s"), {"s": subject})
            return {"count": found.scalar_one()}

    @app.post(f"/{SCHEMA}/v1/roomy")
    async def roomy(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.post(f"/{SCHEMA}/v1/raw")
    async def raw(request: Request) -> dict[str, str]:
        return {"type": type(read_json(await request.body())).__name__}

    @app.get(f"/{SCHEMA}/v1/fault")
    async def fault() -> None:
        raise KeyError("a mistake of ours")

    consumer = Consumer(SCHEMA, base.db, bus, base.outbox, [ORDERS.name], record_effects)
    return base.service([consumer], alone=True)
