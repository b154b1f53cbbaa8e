"""Rows that rest under an older key are opened and sealed with the current one, a batch at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from cryptography.exceptions import InvalidTag

from services.intake import metrics
from services.intake.repository import resealing as repository
from services.intake.repository.resealing import SHELVES, Held, Shelf
from services.intake.sealing import Sealer
from services.kit.db import Tx

log = structlog.get_logger()
BATCH = 500
Unopened = dict[str, set[str | int]]
"""Table → ids of rows that no key opens: passed over until the next start, so that they stop nobody."""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """`rows`: key id → rows under it, over all tables; `left`: those that have still to be sealed anew."""

    current: str
    held: tuple[str, ...]
    rows: Mapping[str, int]

    @property
    def left(self) -> int:
        return sum(count for key_id, count in self.rows.items() if key_id != self.current)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(sorted(key_id for key_id in self.rows if key_id not in self.held))


async def key_status(tx: Tx, sealer: Sealer) -> KeyStatus:
    rows: dict[str, int] = {}
    for shelf in SHELVES:
        for key_id, count in (await repository.counts(tx, shelf)).items():
            rows[key_id] = rows.get(key_id, 0) + count
    return KeyStatus(sealer.key_id, sealer.key_ids, rows)


async def keys_wrong(tx: Tx, sealer: Sealer) -> str | None:
    """A sentence that names the keys under which rows rest and which are not in the ring, or are other keys than those
    that sealed; None when all is well."""
    missing, other = set[str](), set[str]()
    for shelf in SHELVES:
        for held in await repository.samples(tx, shelf):
            if held.key_id not in sealer.key_ids:
                missing.add(held.key_id)
            elif _opened(sealer, held) is None:
                other.add(held.key_id)
    said = [
        f"缺个人信息钥匙 {key_id}，库里还有用它加密的内容，请在 DUOGE_INTAKE_KEYS 里补上" for key_id in sorted(missing)
    ]
    said += [
        f"个人信息钥匙 {key_id} 与加密时的不同，请核对 DUOGE_SECRET 和 DUOGE_INTAKE_KEYS" for key_id in sorted(other)
    ]
    return "；".join(said) or None


async def reseal(tx: Tx, sealer: Sealer, shelf: Shelf, unopened: Unopened, limit: int = BATCH) -> int:
    """How many rows were taken in hand; less than `limit`: none are left that nobody else has in hand. Interrupted at any
    point, a row is under its old key or its new one, and the next round finds it by that."""
    old = [key_id for key_id in sealer.key_ids if key_id != sealer.key_id]
    if not old:
        return 0
    broken = unopened.setdefault(shelf.table, set())
    taken = await repository.take(tx, shelf, old, sorted(broken, key=str), limit)
    fresh: list[tuple[str | int, Mapping[str, bytes | None]]] = []
    for held in taken:
        contents = _opened(sealer, held)
        if contents is None:
            broken.add(held.id)
            metrics.UNOPENED.labels(shelf.table).inc()
            log.error("resealing.unopened", table=shelf.table, row=held.row, key=held.key_id)
            continue
        fresh.append((held.id, _sealed(sealer, shelf, held, contents)))
    if fresh:
        await repository.put(tx, shelf, sealer.key_id, fresh)
        metrics.RESEALED.labels(shelf.table).inc(len(fresh))
    return len(taken)


def _opened(sealer: Sealer, held: Held) -> dict[str, dict[str, object]] | None:
    """Column → what was sealed in it; None where the key of that name did not seal it."""
    try:
        return {
            name: sealer.open(held.row, purpose, sealed, held.key_id)
            for name, (purpose, sealed) in held.sealed.items()
            if sealed is not None
        }
    except InvalidTag:
        return None


def _sealed(
    sealer: Sealer, shelf: Shelf, held: Held, contents: Mapping[str, Mapping[str, object]]
) -> dict[str, bytes | None]:
    fresh: dict[str, bytes | None] = {
        name: sealer.seal(held.row, purpose, contents[name]) if name in contents else None
        for name, (purpose, _) in held.sealed.items()
    }
    if shelf.index is not None:
        column, person = shelf.index
        phone = contents.get(person, {}).get("phone")
        fresh[column] = sealer.phone_index(phone if isinstance(phone, str) else None)
    return fresh
