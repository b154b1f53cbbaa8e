"""Lists against reading every case: each mix of filters finds the same, page by page, while cases change, and reads little."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.dispatch.domain.clocks import light_at
from services.dispatch.domain.standing import Reach, sees
from services.dispatch.models import Case
from services.dispatch.repository import cases as saved
from services.dispatch.repository import lists
from services.kit.contracts.cases import CaseState
from services.kit.db import Database
from tests.harness.zhenru import AT
from tests.unit.dispatch.casework import Casework

NOW = AT + timedelta(days=400)
EVERYTHING = Reach("admin", True)
STATES: tuple[CaseState, ...] = ("dispatched", "in_progress", "closed", "closed", "closed", "withdrawn")
CONCERNS = ("CS-01", "CS-02", "GL-03")
# Some codes are those of a unit and of a grid and of a concern: none may be taken for another.
UNITS, GRIDS = ("U-1", "U-2", "U-3", "C-1", "CS-01", "waiting", ""), ("C-1", "C-2", "U-1", "closed", "C 3")
WORDS = ("夜间噪声扰民", "井盖移位，100%破损", "路灯不亮_东侧", "电梯停运\\再次")
ONE = Casework().case


def made(dice: random.Random, number: int, days: float) -> Case:
    """Opened so many days before; several in one moment."""
    opened = NOW - timedelta(hours=int(days * 24))
    state = dice.choice(STATES)
    concern = dice.choice(CONCERNS)
    overlays = ("comprehensive", "police", "micro")
    [clock] = [clock for clock in ONE.clocks if clock.kind == "resolve"]
    due = NOW + timedelta(hours=dice.randrange(-30, 30))
    clocks = (replace(clock, due=due, yellow_at=due - timedelta(hours=8)),)
    return replace(
        ONE,
        case_id=f"case_{dice.randrange(10**6):06}{number:06}",
        opened_at=opened,
        state=state,
        case_class=dice.choice(("easy", "key", "hard")),
        concern=concern,
        sub_concern=dice.choice((f"{concern}.a", f"{concern}.b", None)),
        lead=dice.choice((*UNITS, None)),
        assists=tuple(dice.sample(UNITS, dice.randrange(3))),
        confidential=dice.random() < 0.2,
        title=dice.choice(WORDS),
        summary="".join(dice.choices("东南西北中发白", k=6)),
        place=ONE.place.model_copy(update={"grids": {o: dice.choice(GRIDS) for o in overlays if dice.random() < 0.8}}),
        clocks=() if state in ("closed", "withdrawn") else clocks,
    )


@dataclass
class History:
    db: Database
    cases: dict[str, Case]

    async def save(self, cases: Sequence[Case]) -> None:
        async with self.db.transaction() as tx:
            await saved.write(tx, cases, [(case.case_id, clock) for case in cases for clock in case.clocks], [])
        self.cases |= {case.case_id: case for case in cases}

    async def page(self, asked: "Asked", after: lists.Place | None, limit: int, newest: int) -> lists.Page:
        async with self.db.reading() as tx:
            return await lists.listing(
                tx, asked.wanted, asked.light, asked.reach, NOW, after, limit, newest=newest, stretch=newest
            )

    def wanted(self, asked: "Asked") -> list[str]:
        found = [case for case in self.cases.values() if asked.takes(case)]
        return [case.case_id for case in sorted(found, key=lambda c: (c.opened_at, c.case_id), reverse=True)]


@dataclass(frozen=True)
class Asked:
    wanted: dict[str, str | None]
    light: str | None
    reach: Reach

    def takes(self, case: Case) -> bool:
        """In the words of the contract, without a database."""
        asked = self.wanted
        overlay, _, grid = (asked.get("grid") or "").rpartition("/")
        held = {code for name, code in case.place.grids.items() if overlay in ("", name)}
        words = "\n".join((case.title, case.place.address or "", case.summary))
        return all(
            (
                asked.get("state") in (None, case.state),
                asked.get("unit") is None or asked["unit"] in case.involved,
                asked.get("grid") is None or grid in held,
                asked.get("concern") in (None, case.concern, case.sub_concern),
                asked.get("class") in (None, case.case_class),
                self.light in (None, light_at(case.clocks, NOW)),
                (asked.get("q") or "") in words,
                sees(self.reach, case),
            )
        )


def reaches() -> st.SearchStrategy[Reach]:
    some = st.builds(
        Reach, st.just("unit"), st.just(False), *(st.frozensets(st.sampled_from(x)) for x in (UNITS, GRIDS))
    )
    return st.one_of(st.just(EVERYTHING), some)


def asking() -> st.SearchStrategy[Asked]:
    grids = [*GRIDS, *(f"{overlay}/{code}" for overlay in ("comprehensive", "micro") for code in GRIDS)]
    concerns = [*CONCERNS, *(f"{code}.{sub}" for code in CONCERNS for sub in "abc")]
    words = [
        "噪声扰民",
        "井盖移",
        "100%破",
        "灯不亮_",
        "_东侧",
        "停运\\再",
        "扰民",
        "东",
        "东南西",
        "没有",
        "没有的话",
        "\n",
    ]
    wanted = st.fixed_dictionaries(
        {},
        optional={
            "state": st.sampled_from([*STATES, "shelved"]),
            "unit": st.sampled_from([*UNITS, "U-9"]),
            "grid": st.sampled_from(grids),
            "concern": st.sampled_from(concerns),
            "class": st.sampled_from(["easy", "hard", "emergency"]),
            "q": st.sampled_from(words),
        },
    )
    return st.builds(Asked, wanted, st.sampled_from([None, None, "red", "yellow", "green"]), reaches())


@pytest_asyncio.fixture
async def history(database_url: str) -> AsyncIterator[History]:
    """Four hundred cases of four hundred days, none of them in some of the months."""
    db, dice = Database(database_url, "dispatch", pool=2), random.Random(7)
    held = History(db, {})
    days = [day for day in (dice.random() * 400 for _ in range(700)) if not 90 < day < 220][:400]
    await held.save([made(dice, number, day) for number, day in enumerate(days)])
    yield held
    await db.stop()


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=asking(), limit=st.sampled_from([1, 7, 50, 1000]), newest=st.sampled_from([1, 20, 4000]))
async def test_every_mix_of_filters_finds_what_reading_all_would(
    history: History, asked: Asked, limit: int, newest: int
) -> None:
    expected, found = history.wanted(asked), list[str]()
    after: lists.Place | None = None
    # However many pages: as many as there are rows, or stretches to look through for a short word.
    for _ in range(2 * len(history.cases) + 2):
        page = await history.page(asked, after, limit, newest)
        found += [case.case_id for case in page.cases]
        assert len(page.cases) <= limit
        after = page.following
        if after is None or len(found) > len(expected) or (limit == 1 and len(found) > 5):
            break
    assert found == expected[: len(found)]
    assert after is not None or len(found) == len(expected)


@pytest.mark.parametrize(
    "asked",
    [
        Asked({}, None, EVERYTHING),
        Asked({"unit": "U-1"}, None, EVERYTHING),
        Asked({"q": "噪声扰民", "grid": "comprehensive/C-1"}, None, EVERYTHING),
        Asked({}, "red", EVERYTHING),
        Asked({"state": "closed"}, None, Reach("grid_chief", False, frozenset({"U-2"}), frozenset({"C-2"}))),
    ],
)
async def test_while_cases_change_none_is_lost_or_told_twice(history: History, asked: Asked) -> None:
    dice = random.Random(11)
    always = set(history.wanted(asked))
    told: Counter[str] = Counter()
    after: lists.Place | None = None
    while True:
        page = await history.page(asked, after, 9, 20)
        told.update(case.case_id for case in page.cases)
        after = page.following
        if after is None:
            break
        # Among those that are told and those still to come: some change in every way but when they were opened.
        changed = [
            replace(
                made(dice, 0, 0),
                case_id=c.case_id,
                opened_at=c.opened_at,
                title=c.title,
                summary=c.summary,
                clocks=c.clocks,
            )
            for c in dice.sample(sorted(history.cases.values(), key=lambda c: c.case_id), 12)
        ]
        new = [made(dice, number, 0) for number in range(1000, 1003)]
        await history.save([*{case.case_id: case for case in (*changed, *new)}.values()])
        always &= set(history.wanted(asked))
    assert set(told.values()) <= {1}
    assert always <= set(told)
    assert len(always) > 9


_READ = text(
    """SELECT coalesce(sum(seq_scan), 0) AS whole, coalesce(sum(idx_tup_fetch), 0) AS rows
       FROM pg_stat_xact_user_tables WHERE relname = 'cases'"""
)
_RARE: dict[str, Any] = {
    "state": {"state": "shelved"},
    "unit": {"unit": "U-rare"},
    "unit and state": {"unit": "U-rare", "state": "shelved"},
    "grid": {"grid": "C-rare"},
    "grid of an overlay": {"grid": "micro/C-rare"},
    "concern": {"concern": "FW-01"},
    "sub-concern": {"concern": "FW-01.rare"},
    "class": {"class": "emergency"},
    "words": {"q": "琉璃瓦脱落"},
    "words that are common, of a unit": {"q": "夜间噪声", "unit": "U-rare"},
    "common ones that seldom meet": {"unit": "U-1", "concern": "FW-01", "class": "easy"},
    "words nobody used": {"q": "没有这句话"},
}


@pytest_asyncio.fixture
async def rarely(history: History) -> History:
    """Five that are like no other, spread over the year, among three thousand."""
    dice = random.Random(13)
    await history.save([made(dice, 2000 + number, number / 6.5) for number in range(2600)])
    rare = {"sub_concern": "FW-01.rare", "concern": "FW-01", "case_class": "emergency", "title": "琉璃瓦脱落"}
    grids = {"micro": "C-rare", "comprehensive": "C-2"}
    await history.save(
        [
            replace(
                made(dice, 9000 + number, 30 + number * 70),
                **rare,  # type: ignore[arg-type]
                state="shelved",
                lead="U-rare",
                assists=(),
                confidential=False,
                clocks=(),
                place=ONE.place.model_copy(update={"grids": grids}),
            )
            for number in range(5)
        ]
    )
    # By itself the server looks at a new table within a minute, perhaps when it is half full.
    async with history.db.transaction() as tx:
        await tx.execute(text("ANALYZE cases"))
    return history


async def test_what_is_rare_is_found_without_reading_the_rest(rarely: History) -> None:
    own = Reach("unit", False, frozenset({"U-rare"}), frozenset({"C-none"}))
    questions = {name: Asked(wanted, None, EVERYTHING) for name, wanted in _RARE.items()}
    questions |= {"own": Asked({}, None, own), "red of a unit": Asked({"unit": "U-rare"}, "red", EVERYTHING)}
    for name, asked in questions.items():
        async with rarely.db.reading() as tx:
            # On a table of this size reading all of it would be as good: what is asked is whether there is another way.
            await tx.execute(text("SELECT set_config('enable_seqscan', 'off', true)"))
            before = (await tx.execute(_READ)).one()
            page = await lists.listing(tx, asked.wanted, asked.light, asked.reach, NOW, None, 3, newest=40)
            read = (await tx.execute(_READ)).one()
        assert [case.case_id for case in page.cases] == rarely.wanted(asked)[:3], name
        assert read.whole == before.whole, name
        # The newest forty, the page, and what the months of the page held beside it.
        assert read.rows - before.rows <= 40 + 20, (name, read.rows - before.rows)
