"""Orders taken together: one that fails spoils only itself, and trouble of the database is told to all."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from services.intake.domain.draft import Draft
from services.intake.reception import TOGETHER, Arrival, Reception
from services.intake.usecases.receiving import Prepared, Received
from services.kit.problems import Problem
from tests.unit.intake.drafts import draft


class Unlimited:
    """Nothing is agreed with anybody."""

    async def ready(self) -> None: ...

    async def refused(self, source: str) -> Problem | None:
        return None

    def marked(self, draft: Draft) -> Draft:
        return draft


class FakeReception(Reception):
    """Keeps groups instead of committing them. An order `bad` fails its group; `away` is a database that is away."""

    def __init__(self) -> None:
        nothing = cast(Any, None)
        super().__init__(nothing, nothing, nothing, nothing, nothing, nothing, Unlimited(), nothing)
        self.groups: list[list[str]] = []

    def prepare(self, arrivals: Sequence[Arrival]) -> list[Prepared]:
        return [cast(Any, arrival) for arrival in arrivals]

    async def store(self, prepared: Sequence[Prepared], key: str | None = None) -> list[Received | Problem]:
        ids = [cast(Any, one).draft.order_id for one in prepared]
        self.groups.append(ids)
        await asyncio.sleep(0)
        if "away" in ids:
            raise ConnectionError
        if "bad" in ids:
            raise ValueError("bad")
        return [Received(order_id, None, new=True) for order_id in ids]

    async def take_all(self, *ids: str) -> list[Received | Problem | BaseException]:
        taken = (self.take(Arrival(draft(order_id=order_id), b"")) for order_id in ids)
        return list(await asyncio.gather(*taken, return_exceptions=True))


def _ids(answers: Sequence[Received | Problem | BaseException]) -> list[str]:
    return [one.order_id if isinstance(one, Received) else type(one).__name__ for one in answers]


async def test_one_alone_goes_at_once() -> None:
    reception = FakeReception()
    assert _ids(await reception.take_all("a")) == ["a"]
    assert reception.groups == [["a"]]


async def test_those_who_come_together_go_together() -> None:
    reception = FakeReception()
    ids = [f"o{number}" for number in range(TOGETHER + 10)]
    assert _ids(await reception.take_all(*ids)) == ids
    assert [len(group) for group in reception.groups] == [TOGETHER, 10]


async def test_one_that_fails_spoils_only_itself() -> None:
    reception = FakeReception()
    assert _ids(await reception.take_all("a", "bad", "b")) == ["a", "ValueError", "b"]
    assert _ids(await reception.take_all("c")) == ["c"]


async def test_a_database_that_is_away_is_told_to_all_and_not_tried_again() -> None:
    reception = FakeReception()
    assert _ids(await reception.take_all("a", "away")) == ["ConnectionError"] * 2
    assert len(reception.groups) == 1


async def test_who_no_longer_waits_disturbs_nobody() -> None:
    reception = FakeReception()
    gone = asyncio.create_task(reception.take(Arrival(draft(order_id="gone"), b"")))
    stays = asyncio.create_task(reception.take(Arrival(draft(order_id="stays"), b"")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert _ids([await stays]) == ["stays"]
