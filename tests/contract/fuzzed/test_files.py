"""Every door through which a file comes in: a file of any kind is taken or refused with a sentence; none stops the house."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from services.dispatch.domain.routing import columns
from tests.contract.fuzzed.files import (
    COMPONENTS,
    OURS,
    OVERLAY,
    PLACES,
    REGISTER,
    SHAPES,
    Table,
    bombs,
    sound,
    spoilt,
)
from tests.contract.fuzzed.pages import EXAMPLES, SEED, SERVICES
from tests.contract.fuzzed.test_edge import unreadable
from tests.contract.http.town import Town
from tests.unit.intake import media

pytestmark = [pytest.mark.timeout(3600), pytest.mark.xdist_group("fuzzed")]
RULES: Table = [[column.title for column in columns.RULES]]


@dataclass(frozen=True)
class Door:
    method: str
    path: str
    table: Table
    choices: dict[str, list[str]] = field(default_factory=dict)
    more: tuple[bytes, ...] = ()
    # Where a file that would be taken is handed out.
    saved: str = ""

    def __str__(self) -> str:
        return self.path.rpartition("/v1/")[2]


_LOOK = {"preview": ["true", "false"]}
DOORS = [
    Door("POST", "/intake/v1/imports", REGISTER, _LOOK),
    Door("POST", "/intake/v1/reconciliations", OURS, {"day": ["2026-11-22"], "source": ["sh12345"]}),
    Door("POST", "/intake/v1/attachments", REGISTER, more=(media.jpeg(), media.webp(), media.office())),
    Door("PUT", "/intake/v1/model", REGISTER),
    Door("PUT", "/grids/v1/overlays/odd", OVERLAY, {**_LOOK, "mend": ["true", "false"]}, tuple(SHAPES)),
    Door("PUT", "/grids/v1/gazetteer", PLACES, {**_LOOK, "skip_bad": ["true", "false"], "part": ["true"]}),
    Door("PUT", "/grids/v1/components", COMPONENTS, {**_LOOK, "part": ["true"]}),
    Door("POST", "/dispatch/v1/rules/read", RULES, saved="/dispatch/v1/rules/file"),
    Door("POST", "/dispatch/v1/duties/read", RULES, saved="/dispatch/v1/duties/file"),
]


async def send(admin: httpx.AsyncClient, door: Door, raw: bytes, params: dict[str, str]) -> list[str]:
    headers = {"Content-Type": "application/octet-stream"}
    answer = await admin.request(door.method, door.path, content=raw, params=params, headers=headers)
    return unreadable(answer, (door.path, params, len(raw), raw[:200]))


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_no_file_breaks_it(town: Town, door: Door) -> None:
    admin, loop = await town.key("admin"), asyncio.get_running_loop()
    held = [*sound(door.table), *door.more]
    for form in ("xlsx", "csv") if door.saved else ():
        held.append((await admin.get(door.saved, params={"format": form})).content)
    choices: dict[str, st.SearchStrategy[Any]] = {name: st.sampled_from(of) for name, of in door.choices.items()}

    @seed(SEED)
    @settings(
        max_examples=4 * EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(raw=spoilt(held, door.table), params=st.fixed_dictionaries(choices))
    def one(raw: bytes, params: dict[str, str]) -> None:
        found = asyncio.run_coroutine_threadsafe(send(admin, door, raw, params), loop).result(120)
        assert not found, "\n".join(found)

    await asyncio.to_thread(one)


# An attachment is kept as it is, and not opened.
@pytest.mark.parametrize("door", [door for door in DOORS if door.path != "/intake/v1/attachments"], ids=str)
async def test_a_bomb_is_refused(town: Town, door: Door) -> None:
    admin = await town.key("admin")
    params = {name: values[0] for name, values in door.choices.items()}
    for raw in bombs():
        headers = {"Content-Type": "application/octet-stream"}
        answer = await admin.request(door.method, door.path, content=raw, params=params, headers=headers)
        assert 400 <= answer.status_code < 500, (door.path, answer.status_code, answer.text[:300])


async def test_nothing_that_came_in_stops_what_works_behind(town: Town) -> None:
    admin = await town.key("admin")
    await town.running.drain()
    for service in SERVICES:
        assert (await admin.get(f"/{service}/v1/parked")).json()["items"] == [], service
