"""The whole record looked through: checkpoints among themselves, outside copies of them, the heads they name, and then
every subject's entries and row. Faults come as they are found."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

from services.dispatch.domain.record import Fault
from services.dispatch.domain.verifying import faults_of
from services.dispatch.repository import record as repository
from services.kit.checkpoints import Checkpoint, genuine
from services.kit.db import Database

AT_ONCE = 200


@dataclass(slots=True)
class Tally:
    """How far it has come."""

    subjects: int = 0
    entries: int = 0
    checkpoints: int = 0
    outside: int = 0
    faults: int = 0
    of: int = 0


@dataclass(slots=True)
class Verifying:
    """`outside`: copies of checkpoints that were kept elsewhere, of any age, in any order."""

    db: Database
    public: bytes
    outside: Iterable[Checkpoint] = ()
    tally: Tally = field(default_factory=Tally)
    _said: set[tuple[str, str]] = field(default_factory=set)

    async def run(self) -> AsyncIterator[Fault | None]:
        """Faults, and None now and then as a sign that `tally` has gone on."""
        async for each in self._all():
            if each is not None:
                self.tally.faults += 1
            yield each

    async def _all(self) -> AsyncIterator[Fault | None]:
        async with self.db.reading() as tx:
            self.tally.of = await repository.size(tx)
        async for each in self._checkpoints():
            yield each
        async for each in self._outside():
            yield each
        async for each in self._subjects():
            yield each

    async def _checkpoints(self) -> AsyncIterator[Fault | None]:
        previous, expected = "", 1
        while True:
            async with self.db.reading() as tx:
                batch = await repository.checkpoints(tx, expected - 1, AT_ONCE)
            if not batch:
                return
            for one in batch:
                if one.number != expected:
                    yield _about(expected, "checkpoint_missing", f"少了第 {expected} 到 {one.number - 1} 个检查点")
                elif not genuine(one, self.public):
                    yield _about(one.number, "checkpoint_forged", "签名不对，检查点被改过")
                elif one.told["previous"] != previous:
                    yield _about(one.number, "checkpoint_broken", "和前一个检查点接不上")
                previous, expected = one.hash.hex(), one.number + 1
                self.tally.checkpoints += 1
                async for fault in self._heads(one):
                    yield fault
            yield None

    async def _outside(self) -> AsyncIterator[Fault | None]:
        """What they know and we don't, or differently."""
        async with self.db.reading() as tx:
            ours = await repository.hashes(tx)
        for one in self.outside:
            self.tally.outside += 1
            if one.number not in ours:
                ours |= await self._sealed_since(one.number)
            if ours.get(one.number) == one.hash:
                continue
            if not genuine(one, self.public):
                yield _about(one.number, "outside_forged", "外面存的这个检查点签名不对，没有用它")
                continue
            said = "外面存有这个检查点，库里没有" if one.number not in ours else "外面存的和库里的不一样"
            yield _about(one.number, "checkpoint_missing", said)
            async for fault in self._heads(one):
                yield fault

    async def _sealed_since(self, number: int) -> dict[int, bytes]:
        """Empty when it is not there even now: it may have been sealed while we were reading."""
        async with self.db.reading() as tx:
            found = await repository.checkpoints(tx, number - 1, 1)
        return {each.number: each.hash for each in found if each.number == number}

    async def _heads(self, one: Checkpoint) -> AsyncIterator[Fault]:
        try:
            heads = one.heads
        except (ValueError, KeyError, TypeError):
            return  # said already: it is not signed by us
        async with self.db.reading() as tx:
            differing = await repository.differing(tx, heads)
        for each in differing:
            kind, said = of_head(each)
            if (kind, each.head.subject) not in self._said:
                self._said.add((kind, each.head.subject))
                yield Fault(kind, each.head.subject, _sequence(each), f"{said}（检查点 {one.number}）")

    async def _subjects(self) -> AsyncIterator[Fault | None]:
        after = ""
        while True:
            async with self.db.reading() as tx:
                await repository.snapshot(tx)
                subjects = await repository.subjects_after(tx, after, AT_ONCE)
                told = await repository.told_of(tx, subjects)
            if not told:
                return
            after = subjects[-1]
            for one in told:
                self.tally.subjects += 1
                self.tally.entries += len(one.entries)
                for fault in faults_of(one):
                    yield fault
            yield None


def shown(fault: Fault) -> Mapping[str, object]:
    return {"kind": fault.kind, "subject": fault.subject, "sequence": fault.sequence, "said": fault.said}


def _about(number: int, kind: str, said: str) -> Fault:
    return Fault(kind, f"checkpoint/{number}", None, said)


def of_head(each: repository.Differing) -> tuple[str, str]:
    """(kind of fault, what is wrong), where the record is not what a checkpoint has sealed."""
    if each.last is None:
        return "case_missing", "整个案卷不见了"
    if each.now is not None:
        return "rewritten", f"第 {each.head.sequence} 条已不是封存时的那条"
    if each.last < each.head.sequence:
        return "tail_cut", f"记录只到第 {each.last} 条，封存时已有 {each.head.sequence} 条"
    return "entry_missing", f"少了第 {each.head.sequence} 条"


def _sequence(each: repository.Differing) -> int | None:
    if each.last is None:
        return None
    return min(each.head.sequence, each.last + 1)
