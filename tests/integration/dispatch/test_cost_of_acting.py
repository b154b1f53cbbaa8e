"""What an action of a person asks of the database, and that its answer is what anybody reads afterwards."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.dispatch.repository import record
from services.dispatch.schemas.cases import Asked
from services.dispatch.usecases.acting import Command, act
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from tests.harness.counting import Counting
from tests.harness.single import Single
from tests.harness.zhenru import zhenru
from tests.integration.dispatch.recorded import keeper_of
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, opened

_DONE = {"measures": "已劝离", "evidence": ["photo:after"]}
# What is done in turn, under which key → statements between BEGIN and COMMIT: lock, look beside, write, tell; what it counts
# for in the rates and what the key is to remember, where there is such.
_COSTS = (
    ({"action": "sign"}, None, 4),
    ({"action": "contact"}, None, 5),
    ({"action": "progress", "note": "正在处理"}, None, 4),
    ({"action": "urge"}, "k1", 5),
    ({"action": "resolve", **_DONE}, None, 5),
)


async def test_an_action_asks_little(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    caller = Caller("key_admin", "admin", "admin")
    fabric, outbox = zhenru(), Outbox(lambda: None)
    spent = []
    for body, key, _ in _COSTS:
        command = Command(case["case_id"], Asked.model_validate(body), caller, dispatch.clock.now(), key=key)
        async with dispatch.service.db.transaction() as tx:
            counting = Counting(tx)
            await act(counting, outbox, fabric, b"secret", command, lambda case, timeline: {"version": case.version})
        spent.append(len(counting.asked))
    assert spent == [most for _, _, most in _COSTS]


def _told(case: dict[str, Any]) -> dict[str, Any]:
    """A limit is the same moment in whichever zone it was reckoned."""
    for clock in case["clocks"]:
        clock["due"] = datetime.fromisoformat(clock["due"])
    return case


@pytest.mark.parametrize("words", [0, 1500])
async def test_an_answer_is_what_is_read_after_it(dispatch: Single, words: int) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    await dispatch.publish(*(order.urged() for _ in range(words)))
    dispatch.clock.at = dispatch.clock.at.astimezone(UTC)  # as every clock that runs tells it
    admin = await dispatch.visitor("admin")
    bodies: list[dict[str, Any]] = [
        {"action": "sign", "by": "甲"},
        {"action": "progress", "note": "到场 “看过”\u2028"},
        {"action": "supervise", "due": "2026-11-30T12:00:00+08:00", "note": "按期办结"},
        {"action": "resolve", **_DONE},
    ]
    for body in bodies:
        answer = await admin.post(f"{CASES}/{case['case_id']}/actions", json=body)
        assert answer.status_code == 200, answer.text
        read = await admin.get(f"{CASES}/{case['case_id']}")
        assert _told(answer.json()) == _told(read.json())
        assert answer.headers["etag"] == read.headers["etag"]


async def test_a_checkpoint_ends_while_people_go_on_working(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin, keeper = await dispatch.visitor("admin"), keeper_of(dispatch)
    sealed = False

    async def seal() -> None:
        nonlocal sealed
        await keeper.seal()
        sealed = True

    async def work() -> None:
        while not sealed:
            await do(admin, case, "urge")

    await asyncio.gather(seal(), work(), work())
    async with dispatch.service.db.reading() as tx:
        assert len(await record.checkpoints(tx, 0, 100)) == 1
