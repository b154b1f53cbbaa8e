"""Every change of the registry: one writer at a time, state and entries and manifest in one transaction, then this
process's own copy."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from services.fabric import entries as codec
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.grids import metrics
from services.grids.domain.publication import Author, Draft, Publication, Said, Sending, is_manifest, merged, plan
from services.grids.domain.topologies import Topologies
from services.grids.errors import not_held_yet
from services.grids.repository import publications
from services.grids.repository.chunks import chunks
from services.grids.settings import GridsSettings
from services.kit import holders
from services.kit.bus.port import Message
from services.kit.clock import Clock
from services.kit.contracts.envelope import CONTENT_TYPE
from services.kit.contracts.registry import TYPES
from services.kit.contracts.topics import GRIDS
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.ids import uuid7
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from services.kit.tracing import current_trace

log = structlog.get_logger()
T = TypeVar("T")
SYSTEM = Caller("system", "system", "admin")
_POLL = 0.1
# Family of a key → type of its event; every other family is an overlay.
_EVENTS = {
    "unit": "unit.changed",
    "gazetteer": "gazetteer.changed",
    "calendar": "calendar.changed",
    "component": "component.changed",
    "profile": "profile.changed",
    "person": "person.changed",
    "roster": "roster.changed",
    "ruling": "ruling.changed",
}


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What a command did: what the topic must tell, the sections whose ETag moves with it, and what the command itself
    answers. `new_sections` are named for the first time, whether or not anything is published. `said` is for the feed of
    changes; without it the keys that change are told."""

    draft: Draft
    sections: tuple[str, ...]
    answer: T
    new_sections: tuple[str, ...] = ()
    said: Said | None = None


Command = Callable[[Tx, datetime], Awaitable[Change[T]]]


@dataclass
class Registry:
    """What every command and every question needs. `profile` is the one of this process's files."""

    db: Database
    clock: Clock
    copy: Copy[Fabric]
    outbox: Outbox
    profile: Profile
    settings: GridsSettings
    topologies: Topologies = field(default_factory=Topologies)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def change(
        self, what: str, caller: Caller, command: Command[T], waits: Callable[[], None] = lambda: None
    ) -> tuple[int, T]:
        """(version of the fabric that holds the change, the command's answer). Whatever the command raises leaves
        everything as it was. `waits` is called when another change is before this one."""
        if self._turn.locked():
            waits()
        async with self._turn:
            async with self.db.transaction() as tx:
                await publications.lock(tx, waits)
                now = self.clock.now()
                done = await command(tx, now)
                version, publication = await self._publish(tx, done, now, what, caller)
            if publication is not None:
                await self._take_over(publication, what)
        return version, done.answer

    async def held_everywhere(self, version: int) -> None:
        """Waits for every living process of every service; NotHeldYet when the time is over."""
        late = await self._late(version)
        try:
            async with asyncio.timeout(self.settings.grids_wait.total_seconds()):
                while late:
                    await asyncio.sleep(_POLL)
                    late = await self._late(version)
        except TimeoutError:
            raise not_held_yet(version, late) from None

    async def _late(self, version: int) -> list[str]:
        async with self.db.reading() as tx:
            return holders.missing(await holders.living(tx, self.settings.holder_expiry), version)

    async def _publish(
        self, tx: Tx, done: Change[T], now: datetime, what: str, caller: Caller
    ) -> tuple[int, Publication | None]:
        last = await publications.last(tx)
        held = await publications.entries(tx)
        draft = done.draft
        if last.version == 0:
            draft = merged([profile_draft(self.profile), draft]) if draft.values else draft
        author = Author(what, caller.name, caller.key_id)
        publication = plan(last.version + 1, now, held, draft, author, done.said)
        version = last.version if publication is None else publication.version
        await publications.move_sections(tx, done.new_sections if publication is None else done.sections, version)
        if publication is not None:
            digests = [None if s.value is None else codec.entry_hash(s.value) for s in publication.sendings]
            await publications.record(tx, publication, digests, author)
            messages = [message_of(sending, now) for sending in publication.sendings]
            for some in chunks(messages, lambda message: len(message.value or b"")):
                await self.outbox.append_messages(tx, some)
        return version, publication

    async def _take_over(self, publication: Publication, what: str) -> None:
        """The next read in this process sees the change. The copy may lack what another process published a moment ago:
        then the topic brings it."""
        metrics.PUBLISHED.labels(what).inc()
        metrics.SENT.inc(len(publication.sendings))
        metrics.VERSION.set(publication.version)
        log.info("grids.published", version=publication.version, what=what, sent=len(publication.sendings))
        sendings = publication.sendings
        await self.copy.offer({s.key: s.value for s in sendings}, {s.key: s.sequence for s in sendings})
        if not await self.copy.wait_for(publication.version, self.settings.grids_settle.total_seconds()):
            log.warning("grids.copy_behind", version=publication.version)


def profile_draft(profile: Profile) -> Draft:
    return Draft(dict([codec.encode_profile(profile)]), frozenset())


def message_of(sending: Sending, at: datetime) -> Message:
    """A CloudEvent whose data are exactly the bytes that the manifest's hash is of."""
    kind = TYPES[_event_name(sending.key)]
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid7()),
        "ce_type": kind.ce_type,
        "ce_source": kind.source,
        "ce_subject": sending.key,
        "ce_time": at.isoformat(),
        "ce_sequence": str(sending.sequence),
        "content-type": CONTENT_TYPE,
    }
    trace = current_trace()
    if trace:
        headers["traceparent"] = trace
    return Message(GRIDS.name, sending.key, sending.value, headers)


def _event_name(key: str) -> str:
    if is_manifest(key):
        return "fabric.published" if key == codec.MANIFEST else "fabric.listed"
    return _EVENTS.get(key.partition("/")[0], "grid.changed")
