"""A table of many rows is looked up, not read; what comes is what reading every row in order gives."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain.routing.conditions import checks_of
from services.dispatch.domain.routing.decide import _facts, _minute, decide, decide_many, normal
from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.site import sites
from services.dispatch.domain.routing.table import RuleTable
from tests.harness.zhenru import AT, SHOP, profile, zhenru

SUBS = ["GL-03.shop", "CS-03.lamp", "CS-03.manhole", "GL-01.corridor"]
SHOP_GRIDS = ["comprehensive:G4", "police:P4", "duty:DU5", "duty:NO-SUCH"]
TEXTS = ["", "兰溪路生鲜店每晚卸货", "路灯不亮，电力井盖也破了", "卸货车挡住居民楼通道"]
_some = st.sampled_from


def _few(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(_some(values), min_size=1, max_size=2, unique=True).map(tuple))


WHENS = st.fixed_dictionaries(
    {
        "sub": _few(*SUBS),
        "channel": _few("alarm_110", "patrol"),
        "kind": _few("report", "complaint"),
        "zone": _few("block", "community"),
        "level": _few("community", "street"),
        "grid": _few(*SHOP_GRIDS),
        "unit": _few("ZR-POLICE-4", "PROP-2", "ZR-GONE"),
        "owner": _few("power", "lamps", "property"),
        "component": _few("lamp", "manhole", "manhole.power"),
        "words": _few("卸货", "货", "路灯", "井盖", "通道"),
        "unless": _few("居民", "路灯"),
        "emergency": _some([None, None, True, False]),
        "hours": _some([None, None, "22:00-06:00", "06:00-22:00"]),
    }
)
MATTERS = st.builds(
    Matter,
    concern=_some([sub.split(".")[0] for sub in SUBS]),
    sub_concern=_some([*SUBS, None]),
    channel=_some([None, "alarm_110", "patrol", "hotline_12345"]),
    kind=_some([None, "report", "complaint"]),
    zone=_some([None, "block"]),
    emergency=st.booleans(),
    text=_some(TEXTS),
    lon=st.floats(SHOP[0] - 0.01, SHOP[0] + 0.01),
    lat=st.floats(SHOP[1] - 0.01, SHOP[1] + 0.01),
    level=_some([None, "community"]),
    owner=_some([None, "power", "lamps"]),
)


def _table(whens: Sequence[Mapping[str, Any]]) -> RuleTable:
    return RuleTable(
        7,
        [
            Row(id=f"r{n}", priority=n % 7, when=When.model_validate(when), lead=("unit:ZR-SAFETY",))
            for n, when in enumerate(whens)
        ],
    )


@given(st.lists(WHENS, min_size=1, max_size=80).map(_table), st.lists(MATTERS, min_size=1, max_size=4))
def test_rows_looked_up_are_those_that_fit_one_after_the_other(table: RuleTable, matters: list[Matter]) -> None:
    fabric = zhenru()
    directory = directory_of(fabric)
    for matter in (normal(fabric.profile, one) for one in matters):
        (site,) = sites(fabric, directory, [matter], AT)
        facts = _facts(directory, matter, site, _minute(AT))
        kind = (matter.category or "", matter.concern, matter.sub_concern or matter.concern)
        plain = [
            row.id
            for row in sorted(table.written, key=lambda row: row.priority)
            if row.when.takes(*kind) and all(check(facts) for check in checks_of(row.when))
        ]
        came = decide(fabric, table, matter, AT)
        assert [one.row.id for one in table.shelf(*kind, matter.channel, matter.kind).fitting(facts)] == plain
        assert [came.rule, *(other.rule for other in came.alternatives)] == (plain[:4] or ["street-holds"])
    assert decide_many(fabric, table, matters, AT) == [decide(fabric, table, matter, AT) for matter in matters]


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(lambda n: {"grid": [f"duty:D{n}"]}, id="a grid each"),
        pytest.param(lambda n: {"words": [f"第{n}号路"]}, id="a road each"),
        pytest.param(lambda n: {"unit": [f"U{n}"], "unless": ["无"]}, id="a unit each"),
    ],
)
def test_two_thousand_rows_of_one_kind_of_trouble_are_not_read_one_by_one(when: Any) -> None:
    """Beside a table of ten such rows on the same machine: two hundred times as many rows, not ten times the work."""
    matters = [replace(Matter("GL-03", "GL-03.shop", lon=SHOP[0], lat=SHOP[1]), text=TEXTS[1])] * 100

    def spent(rows: int) -> float:
        table = _table([{"sub": ["GL-03.shop"], **when(n)} for n in range(rows)])
        times = []
        for _ in range(8):
            begun = process_time()
            decide_many(zhenru(), table, matters, AT)
            times.append(process_time() - begun)
        return min(times)

    assert spent(2000) < 10 * spent(10)


def test_what_leaves_the_same_rows_is_kept_once() -> None:
    table = _table([{"sub": ["GL-03.shop"], "words": ["卸货"]}] * 40)
    channels = [channel.code for channel in profile().channels]
    shelves = {id(table.shelf("GL", "GL-03", "GL-03.shop", channel, None)) for channel in channels}
    assert len(shelves) == 1
