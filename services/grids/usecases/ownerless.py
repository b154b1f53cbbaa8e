"""三不管地带: what goes into the register, and what people do with it. Each change of an entry's state is one event."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.grids.domain.bouncing import bounces, entry_of, last_at
from services.grids.domain.following import Sign
from services.grids.domain.governing import governing
from services.grids.domain.ground import EVENTS, MAY, Ground, Step, allowed, closed, found_again, text_of
from services.grids.domain.surveying import Finding, Renewal, Survey, renew
from services.grids.errors import no_ground
from services.grids.repository import ownerless as repository
from services.grids.repository import signs as sign_repository
from services.grids.usecases.publishing import Change
from services.kit.contracts.envelope import Event
from services.kit.contracts.fabric import GroundChanged, GroundRuling
from services.kit.contracts.payload import Place
from services.kit.contracts.registry import make
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.problems import NotAllowedNow
from services.kit.tracing import current_trace

WINDOW = timedelta(days=90)
_SAID: Mapping[Step, str] = {"hold": "代管", "rule": "裁定", "close": "销号"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A step of a person: `wanted` is the version that the caller believes in, `become` what comes of the entry."""

    step: Step
    wanted: int | None
    become: Callable[[Ground], Ground]


async def change(
    tx: Tx, outbox: Outbox, ground_id: str, asked: Asked, now: datetime, name: Callable[[str | None], str]
) -> Change[Ground]:
    """One step of one entry, told by one event; who holds it by now is part of the next version of the fabric. NotFound;
    Stale; NotAllowedNow."""
    ground = await repository.one(tx, ground_id, lock=True)
    if ground is None:
        raise no_ground()
    check_version(asked.wanted, ground.version)
    if ground.state not in MAY[asked.step]:
        over = f"已经销号，不能再{_SAID[asked.step]}；再次发现会自动重新列入"
        raise NotAllowedNow(
            over if ground.state == "closed" else "已经裁定，不能改回代管；要改请重新裁定",
            allowed=allowed(ground.state),
            state=ground.state,
        )
    after = asked.become(ground)
    await repository.save(tx, [after])
    await outbox.append(tx, [event_of(after, now, name)])
    return Change(governing([after]), (), after)


async def bounced(tx: Tx, outbox: Outbox, signs: Sequence[Sign], now: datetime) -> None:
    """Signs are kept; places that have had enough of them go into the register, or are opened again in it."""
    if not signs:
        return
    await sign_repository.sign(tx, signs)
    by_spot: dict[str, list[Sign]] = defaultdict(list)
    for sign in signs:
        by_spot[sign.spot].append(sign)
    counts = await sign_repository.counts(tx, by_spot, now - WINDOW)
    enough = sorted(spot for spot in by_spot if bounces(counts.get(spot, {})))
    known = await repository.of_spots(tx, by_spot)
    new = [entry_of(by_spot[spot]) for spot in enough if spot not in known]
    added = await repository.add(tx, new)
    again = [found_again(known[spot], now) for spot in enough if spot in known and known[spot].state == "closed"]
    seen = {ground.key: ground for ground in (*known.values(), *again)}
    await repository.save(tx, [_seen(ground, by_spot[key]) for key, ground in seen.items()])
    told = [*(ground for ground in new if ground.id in added), *again]
    await outbox.append(tx, [event_of(ground, now) for ground in told])


async def surveyed(
    tx: Tx, outbox: Outbox, surveys: Sequence[Survey], untouched: Iterable[str], now: datetime
) -> Change[Renewal | None]:
    """The register as the map has it now; `untouched` are the overlays that need no new survey. What was ruled of ground
    that is whole again is over."""
    renewal = renew(await repository.of_map(tx, frozenset(untouched)), surveys)
    new = [_entry(finding, now) for finding in renewal.new]
    added = await repository.add(tx, new)
    seen = [_as_found(ground, finding, now) for ground, finding in renewal.seen]
    gone = [closed(ground, None, now) for ground in renewal.gone]
    await repository.save(tx, [*seen, *gone])
    opened = [
        ground for ground, (before, _) in zip(seen, renewal.seen, strict=True) if ground.version != before.version
    ]
    told = [*(ground for ground in new if ground.id in added), *opened, *gone]
    await outbox.append(tx, [event_of(ground, now) for ground in told])
    return Change(governing([*seen, *gone]), (), renewal)


def _seen(ground: Ground, signs: Sequence[Sign]) -> Ground:
    return replace(ground, last_seen=max(ground.last_seen, last_at(signs)))


def _entry(finding: Finding, now: datetime) -> Ground:
    return Ground(
        id=new_id("gr"),
        key=finding.key,
        kind=finding.kind,
        state="open",
        lon=finding.lon,
        lat=finding.lat,
        address=None,
        overlays=(finding.overlay,),
        grids={finding.overlay: finding.grids} if finding.grids else {},
        area_m2=finding.area_m2,
        shape=finding.shape,
        first_seen=now,
        last_seen=now,
    )


def _as_found(ground: Ground, finding: Finding, now: datetime) -> Ground:
    """What somebody has closed stays closed as long as it is there; what had gone by itself is open again."""
    came_back = ground.state == "closed" and ground.closed_by is None
    return replace(
        found_again(ground, now) if came_back else ground,
        lon=finding.lon,
        lat=finding.lat,
        area_m2=finding.area_m2,
        shape=finding.shape,
        last_seen=now,
    )


def event_of(ground: Ground, at: datetime, name: Callable[[str | None], str] = str) -> Event:
    """`ground/ID` on the compacted topic: whoever comes later reads the register as it is."""
    ruling = ground.ruling
    body = GroundChanged(
        id=ground.id,
        kind=ground.kind,
        state=ground.state,
        place=Place(lon=ground.lon, lat=ground.lat, address=ground.address),
        overlays=list(ground.overlays),
        grids={overlay: list(codes) for overlay, codes in ground.grids.items()},
        area_m2=ground.area_m2,
        holder=ground.holder,
        ruling=GroundRuling(unit=ruling.unit, ground=ruling.ground, at=ruling.at) if ruling else None,
        first_seen=ground.first_seen,
        last_seen=ground.last_seen,
        text=text_of(ground, name),
        at=at,
    )
    kind = f"ground.{EVENTS[ground.state]}"
    return make(kind, body, subject=f"ground/{ground.id}", sequence=ground.version, at=at, trace=current_trace())
