"""部件: kinds, what is nearest, how they travel."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric import entries as codec
from services.fabric.component_entries import bucket_of, decode_components, encode_components
from services.fabric.component_kinds import BUILT_IN, ComponentKind, Kinds, is_kind, kind_of_code
from services.fabric.components import REMOVED, STATES, Component, Components
from services.fabric.metric import distance
from services.fabric.nearby import Nearby, order_of
from services.fabric.snapshot import build
from tests.harness.zhenru import AT, published

DAY = timedelta(days=1)
HERE = (121.4079, 31.2426)
EAST = 1 / 95_200  # degrees of longitude to a metre, here

small = st.floats(-0.002, 0.002).map(lambda away: round(away, 7))
dates = st.one_of(st.none(), st.integers(-3, 3).map(lambda days: AT.astimezone(UTC) + days * DAY))


@st.composite
def inventories(draw: st.DrawFn) -> list[Component]:
    made = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["lamp", "lamp.landscape", "pole.power", "manhole.gas", "manhole"]),
                small,
                small,
                st.sampled_from([None, "OWN-A", "OWN-B"]),
                st.sampled_from(list(STATES)),
                dates,
                dates,
            ),
            max_size=40,
        )
    )
    lat = draw(st.sampled_from([0.0, 31.24, -45.0, 69.9995]))
    return [
        Component(f"部件-{n}", kind, round(121.4 + x, 7), round(lat + y, 7), owner, state, since, until)
        for n, (kind, x, y, owner, state, since, until) in enumerate(made)
    ]


@given(inventories(), small, small, st.sampled_from([0.0, 5.0, 30.0, 150.0, 900.0]), st.integers(1, 50))
def test_the_index_answers_as_a_search_through_all(
    rows: list[Component], x: float, y: float, metres: float, most: int
) -> None:
    lon, lat = 121.4 + x, (rows[0].lat if rows else 0.0) + y
    asked = {"lamp", "manhole.gas"}
    wanted = sorted(
        (round(distance(lon, lat, row.lon, row.lat), 6), row.code)
        for row in rows
        if row.state != REMOVED
        and any(is_kind(one, row.kind) for one in asked)
        and (row.valid_from is None or row.valid_from <= AT)
        and (row.valid_to is None or row.valid_to > AT)
        and distance(lon, lat, row.lon, row.lat) <= metres
    )
    found = Components(rows).near(lon, lat, asked, metres, AT, most)
    assert [(round(thing.metres, 6), thing.code) for thing in found] == wanted[:most]


@given(inventories())
def test_what_is_sent_is_what_comes_back(rows: list[Component]) -> None:
    values = dict(encode_components(rows))
    back = [row for value in values.values() for row in decode_components(value)]
    assert sorted(back, key=lambda row: row.code) == sorted(rows, key=lambda row: row.code)


def test_one_change_changes_one_value() -> None:
    rows = [Component(f"L{n}", "lamp", 121.4, 31.2, "OWN-LAMP") for n in range(2000)]
    before = dict(encode_components(rows))
    after = dict(encode_components([*rows[:-1], Component("L1999", "lamp", 121.4, 31.2, "OWN-POWER")]))
    assert [key for key in before if before[key] != after[key]] == [f"component/{bucket_of('L1999'):02x}"]
    assert len(before) == 256


def test_a_bucket_too_big_for_a_message_goes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.fabric import component_entries

    monkeypatch.setattr(component_entries, "MAX_VALUE", 2000)
    rows = [Component(f"L{n}", "lamp", 121.4, 31.2) for n in range(30_000)]
    values = encode_components(rows)
    assert max(len(value) for _, value in values) <= 2000
    assert {key.partition("#")[0] for key, _ in values} == {f"component/{n:02x}" for n in range(256)}
    assert sum(len(decode_components(value)) for _, value in values) == 30_000


def test_a_city_fits() -> None:
    """Two hundred thousand: bytes each in memory with what is kept of the topic, and the time of a question."""
    random = np.random.default_rng(7)
    lons, lats = random.uniform(121.3, 121.6, 200_000), random.uniform(31.1, 31.4, 200_000)
    rows = [
        Component(f"310107{n:010d}", "lamp" if n % 2 else "manhole.gas", round(x, 7), round(y, 7), f"OWN-{n % 40}")
        for n, (x, y) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True))
    ]
    values = encode_components(rows)
    city = Components(rows)
    assert len(city) == 200_000
    assert (city.nbytes + sum(len(value) for _, value in values)) / 200_000 < 150
    since = perf_counter()
    for x, y in zip(lons[:200].tolist(), lats[:200].tolist(), strict=True):
        assert city.near(x, y, ["lamp", "manhole"], 30, AT)[0].metres < 0.02
    assert perf_counter() - since < 5


def test_the_nearest_first_and_then_by_code() -> None:
    lon, lat = HERE
    rows = [
        Component("B", "lamp", lon + 10 * EAST, lat, "ONE"),
        Component("A", "lamp", lon + 10 * EAST, lat, "TWO"),
        Component("C", "lamp", lon - 4 * EAST, lat, "THREE"),
    ]
    city = Components(rows)
    assert [thing.code for thing in city.near(lon, lat, ["lamp"], 30, AT, 3)] == ["C", "A", "B"]
    assert [thing.code for thing in city.near(lon, lat, ["lamp"], 30, AT, 2)] == ["C", "A"]
    assert city.near(lon, lat, ["lamp"], 3, AT) == []
    assert city.near(lon, lat, ["tree"], 30, AT) == []
    assert Components().near(lon, lat, ["lamp"], 30, AT) == []


def test_points_in_bands_of_latitude() -> None:
    lats = np.array([31.2409999, 31.241, 31.2410001, -0.0000001, 0.0])
    lons = np.array([121.4] * 5)
    order = order_of(lons, lats)
    near = Nearby(lons[order], lats[order])
    assert len(near.within(121.4, 31.241, 0.1).at) == 3
    assert len(near.within(121.4, 0.0, 0.1).at) == 2


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("兰溪路口的路灯不亮", {"lamp"}),
        ("电力井盖翻起来了", {"manhole.power"}),
        ("井盖没了，旁边的路灯也不亮", {"manhole", "lamp"}),
        ("电线杆歪了", {"pole.power"}),
        ("楼上太吵", set()),
    ],
)
def test_what_a_text_speaks_of(text: str, kinds: set[str]) -> None:
    assert Kinds().spoken(text) == kinds


def test_kinds_by_name_and_code() -> None:
    kinds = Kinds([ComponentKind("camera", ("监控探头",))])
    assert (kinds.read("监控探头"), kinds.read("电力井盖"), kinds.read("lamp")) == ("camera", "manhole.power", "lamp")
    assert (kinds.read("飞碟"), kinds.name("lamp"), kinds.name("camera")) == (None, "路灯", "监控探头")
    assert [kinds.known(asked) for asked in ("box", "lamp", "lam")] == [True, True, False]
    asked = [("lamp", "lamp.landscape"), ("lamp", "lamppost"), ("lamp.landscape", "lamp")]
    assert [is_kind(*one) for one in asked] == [True, False, False]
    assert (kind_of_code("3101070118000123"), kind_of_code("3101070111000001")) == ("lamp", "manhole.gas")
    assert (kind_of_code("3101070218000123"), kind_of_code("LX-1"), kind_of_code("3101070199000123")) == (None,) * 3


def test_every_name_means_one_kind() -> None:
    names = [name for kind in BUILT_IN for name in kind.names]
    assert len(names) == len(set(names))
    assert len({kind.code for kind in BUILT_IN}) == len(BUILT_IN)


def test_in_force_as_of_the_moment() -> None:
    lon, lat = HERE
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    city = Components(
        [
            Component("old", "lamp", lon, lat, "ONE", valid_to=new_year),
            Component("new", "lamp", lon, lat, "TWO", valid_from=new_year),
            Component("gone", "lamp", lon, lat, "THREE", state="removed"),
        ]
    )
    assert [thing.code for thing in city.near(lon, lat, ["lamp"], 1, new_year, 9)] == ["new"]
    assert [thing.code for thing in city.near(lon, lat, ["lamp"], 1, new_year - DAY, 9)] == ["old"]


@given(inventories(), inventories(), st.sets(st.integers(0, 255), max_size=3), small, small)
def test_a_change_of_some_parts_is_the_same_as_all_anew(
    first: list[Component], second: list[Component], touched: set[int], x: float, y: float
) -> None:
    def parted(rows: list[Component], keep: set[int]) -> dict[int, list[Component]]:
        groups: dict[int, list[Component]] = {number: [] for number in keep}
        for row in rows:
            if bucket_of(row.code) % 8 in keep:
                groups[bucket_of(row.code) % 8].append(row)
        return groups

    parts = {number % 8 for number in touched}
    whole = set(range(8))
    after = {**parted(first, whole), **parted(second, parts)}
    anew = Components().changed(after)
    changed = Components().changed(parted(first, whole)).changed(parted(second, parts))
    assert len(changed) == len(anew)
    for lat in (0.0, 31.24, -45.0, 69.9995):
        asked = (121.4 + x, lat + y, ["lamp", "manhole", "pole"], 900.0, AT, 99)
        assert changed.near(*asked) == anew.near(*asked)


def test_a_copy_reads_only_the_buckets_that_changed() -> None:
    rows = [Component(f"L{n}", "lamp", HERE[0] + n * EAST, HERE[1], "OWN-LAMP") for n in range(2000)]
    before = build(published({}, 1, known_components=rows))
    after = [Component("L7", "pole.power", HERE[0], HERE[1], "OWN-POWER"), *rows[8:]]
    entries = published({}, 2, known_components=after)
    kept = {key: value for key, value in entries.items() if before.hashes.get(key) != codec.entry_hash(value)}
    assert sum(key.startswith("component/") for key in kept) <= 8
    followed = build(entries, before)
    assert len(followed.components) == len(after)
    asked = (*HERE, ["lamp", "pole"], 40.0, AT, 99)
    assert followed.components.near(*asked) == Components(after).near(*asked)
    assert build(published({}, 3), followed).components.near(*asked) == []
