"""Keys over HTTP: made, listed, revoked by an administrator."""

from typing import Any

from fastapi import APIRouter, Response

from services.grids.api.parameters import Writer
from services.grids.schemas import KeyBody, key_json
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.keys import Caller, KeyRow, Keys
from services.kit.problems import NotFound
from services.kit.secrets import webhook_secret


def routes(registry: Registry, keyring: Keys) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["密钥"])
    secret = registry.settings.secret.get_secret_value()

    @router.post("/keys", status_code=201, summary="新建密钥，只显示这一次")
    async def create_key(body: KeyBody, caller: Writer) -> dict[str, Any]:
        """来源和部门的密钥同时给出 webhook_secret：用它核对我们发出的回调。"""
        now = registry.clock.now()
        async with registry.db.transaction() as tx:
            made, token = await keyring.create(
                tx, name=body.name, role=body.role, unit=body.unit, source=body.source, now=now
            )
        receiver = _receiver(made)
        shown = {"webhook_secret": webhook_secret(secret, receiver)} if receiver else {}
        return {**key_json(KeyRow(made, now, None)), "key": token, **shown}

    @router.get("/keys", summary="密钥列表，不显示密钥本身")
    async def list_keys(caller: Writer, limit: cursors.Limit = 100, cursor: cursors.Cursor = None) -> dict[str, Any]:
        after = cursors.decode(cursor, 1)
        async with registry.db.reading() as tx:
            rows = await keyring.listing(tx)
        if after is not None:
            ids = [row.caller.key_id for row in rows]
            rows = rows[ids.index(after[0]) + 1 :] if after[0] in ids else []
        more = cursors.encode(rows[limit - 1].caller.key_id) if len(rows) > limit else None
        return cursors.page([key_json(row) for row in rows[:limit]], more)

    @router.delete("/keys/{key_id}", status_code=204, summary="停用密钥，两秒内处处失效")
    async def revoke_key(key_id: str, caller: Writer) -> Response:
        async with registry.db.transaction() as tx:
            done = "\0" not in key_id and await keyring.revoke(tx, key_id, registry.clock.now())
        if not done:
            raise NotFound("没有这把密钥，或它已经停用；请用 duoge keys list 核对编号")
        return Response(status_code=204)

    return router


def _receiver(caller: Caller) -> str | None:
    """Whose webhooks the key's holder verifies."""
    if caller.role == "source":
        return f"source/{caller.source}"
    if caller.role == "department" and caller.unit is not None:
        return f"unit/{caller.unit}"
    return None
