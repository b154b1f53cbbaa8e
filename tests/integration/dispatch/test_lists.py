"""Lists: each filter finds what it says, pages follow each other, short words in stretches."""

from datetime import timedelta
from typing import Any

import httpx

from services.dispatch.domain.standing import Reach
from services.dispatch.repository import lists
from tests.harness.single import Single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, opened


async def ids(client: httpx.AsyncClient, **asked: str | int) -> list[str]:
    """All pages."""
    found: list[str] = []
    while True:
        answer = await client.get(CASES, params=asked)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        found += [case["case_id"] for case in page["items"]]
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


async def test_filters(dispatch: Single) -> None:
    orders = [Order(f"ord_{n}", dispatch.clock.now(), more={"title": f"第{n}件"}) for n in range(6)]
    cases: list[dict[str, Any]] = []
    for order in orders:
        cases += await opened(dispatch, order)
        dispatch.clock.advance(timedelta(seconds=1))
    admin = await dispatch.visitor("admin")
    await do(admin, cases[0], "sign")
    newest = [case["case_id"] for case in reversed(cases)]
    one = cases[0]
    micro = one["place"]["grids"]["micro"]
    everything: list[dict[str, str | int]] = [
        {},
        {"limit": 2},
        {"unit": one["lead"]},
        {"unit": one["assists"][0]},
        {"grid": micro},
        {"grid": f"micro/{micro}", "limit": 4},
        {"concern": one["concern"]},
        {"concern": one["sub_concern"]},
        {"class": one["class"]},
        {"light": "green"},
    ]
    for asked in everything:
        assert await ids(admin, **asked) == newest, asked
    nothing: list[dict[str, str | int]] = [
        {"unit": "NOBODY"},
        {"grid": f"duty/{micro}"},
        {"concern": "CS-01"},
        {"concern": "CS-01.estate"},
        {"light": "red"},
        {"q": "没有这句"},
    ]
    for asked in nothing:
        assert await ids(admin, **asked) == [], asked
    assert await ids(admin, state="signed") == [one["case_id"]]
    assert await ids(admin, q="第3件") == [cases[3]["case_id"]]
    await dispatch.advance(timedelta(hours=2))
    assert await ids(admin, light="red", limit=3) == newest[:-1]
    mine = await dispatch.visitor("department", unit=one["lead"])
    assert await ids(mine) == newest
    assert await ids(mine, light="red", grid=micro, unit=one["lead"]) == newest[:-1]


async def test_short_words_are_found_in_stretches(dispatch: Single) -> None:
    cases: list[str] = []
    for number in range(7):
        title = "井盖" if number in (0, 5) else "路灯"
        [case] = await opened(dispatch, Order(f"ord_{number}", dispatch.clock.now(), more={"title": title}))
        cases.append(case["case_id"])
        dispatch.clock.advance(timedelta(seconds=1))

    async def found(words: str, limit: int = 100) -> list[list[str]]:
        """Page by page, three cases looked at for each."""
        pages: list[list[str]] = []
        after: lists.Place | None = None
        async with dispatch.service.db.reading() as tx:
            while True:
                page = await lists.listing(
                    tx, {"q": words}, None, Reach("admin", True), dispatch.clock.now(), after, limit, stretch=3
                )
                pages.append([case.case_id for case in page.cases])
                after = page.following
                if after is None:
                    return pages

    assert await found("井盖") == [[cases[5]], [], [cases[0]]]
    assert await found("路灯", 1) == [[cases[6]], [cases[4]], [cases[3]], [cases[2]], [cases[1]]]
    assert await found("桥") == [[], [], []]
