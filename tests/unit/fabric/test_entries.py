from dataclasses import replace
from datetime import UTC, date, datetime, time

import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from services.fabric import entries as codec
from services.fabric.calendar import WorkingCalendar
from services.fabric.manifest import Manifest, decode_manifest, encode_manifest
from services.fabric.model import GazetteerEntry, GridEdition, Unit
from services.fabric.profile import Profile
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric, FabricIncomplete, build
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions, places, profile, published, units, zhenru_entries


def star(points: int) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return Polygon(np.column_stack([121.4 + 0.01 * np.cos(angle), 31.2 + 0.01 * np.sin(angle)]))


def test_a_grid_comes_back_with_all_its_editions() -> None:
    change = datetime(2026, 12, 1, tzinfo=UTC)
    old = GridEdition("police", "P/1#甲", "一组", "U1", box(0, 0, 1, 1), households=300, valid_to=change)
    new = GridEdition(
        "police",
        "P/1#甲",
        "一组",
        None,
        MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]),
        parent="G1",
        valid_from=change,
        properties={"theme": "题"},
    )
    keyed = codec.encode_grid([old, new])
    assert [key for key, _ in keyed] == ["police/P/1%23甲"]
    assert codec.decode_grid([value for _, value in keyed]) == (old, new)


def test_a_big_grid_travels_in_parts_under_the_limit() -> None:
    big = [GridEdition("fire", "F", "大", "U", star(70_000)), GridEdition("fire", "F", "大", "U", star(50_000))]
    keyed = codec.encode_grid(big)
    assert [key for key, _ in keyed] == ["fire/F", "fire/F#1", "fire/F#2", "fire/F#3", "fire/F#4"]
    assert all(len(value) < 1_000_000 for _, value in keyed)
    assert codec.decode_grid([value for _, value in keyed]) == tuple(big)
    with pytest.raises(ValueError, match="3 of 4"):
        codec.decode_grid([value for _, value in keyed[:-1]])
    fabric = build(published({"fire": big[:1]}))
    assert fabric.overlays["fire"].history("F")[0].geometry.equals(big[0].geometry)


def test_units_places_days_and_profile_come_back() -> None:
    unit = Unit("ZR-1", "一组", "street", "ZR", "police", aliases=("甲",), hours="24x7", channels={"email": ["a"]})
    assert codec.decode_unit(codec.encode_unit(unit)[1]) == (unit,)
    assert codec.decode_profile(codec.encode_profile(profile())[1]) == profile()
    back = [place for _, value in codec.encode_gazetteer(places()) for place in codec.decode_gazetteer(value)]
    assert sorted(back, key=lambda p: p.name) == sorted(places(), key=lambda p: p.name)
    days = {date(2027, 1, 1): False, date(2027, 2, 20): True, date(2028, 1, 3): False}
    keyed = codec.encode_calendar(days, [2027])
    assert [key for key, _ in keyed] == ["calendar/2027", "calendar/2028"]
    loaded = codec.decode_calendar([value for _, value in keyed], profile())
    assert loaded == WorkingCalendar(days, frozenset({2027}))


def test_one_changed_place_changes_one_entry() -> None:
    before = dict(codec.encode_gazetteer(places()))
    after = dict(codec.encode_gazetteer([*places(), GazetteerEntry("新开的店", "shop", 121.4, 31.2)]))
    assert sum(before.get(key) != value for key, value in after.items()) == 1


def test_a_manifest_counts_only_whole() -> None:
    hashes = {f"police/P{n:06d}": f"{n:032x}" for n in range(20_000)}
    keyed = encode_manifest(7, AT, hashes)
    assert keyed[-1][0] == "manifest"
    assert len(keyed) > 2
    assert all(len(value) < 800_000 for _, value in keyed)
    read = decode_manifest(dict(keyed))
    assert read == Manifest(7, AT, hashes)
    for key, _ in keyed:
        assert decode_manifest({k: v for k, v in keyed if k != key}) is None
    newer = encode_manifest(8, AT, hashes)
    assert decode_manifest({**dict(keyed), "manifest": newer[-1][1]}) is None


def test_a_copy_with_a_stale_or_lacking_entry_is_not_built() -> None:
    held = zhenru_entries()
    for spoilt in ({k: v for k, v in held.items() if k != "unit/ZR"}, {**held, "unit/ZR": b"{}"}):
        with pytest.raises(FabricIncomplete) as raised:
            build(spoilt)
        assert raised.value.keys == ("unit/ZR",)
    with pytest.raises(FabricIncomplete):
        build({key: value for key, value in held.items() if key != "manifest"})


def same(one: Fabric, other: Fabric) -> bool:
    return (
        one.version == other.version
        and {k: o.editions for k, o in one.overlays.items()} == {k: o.editions for k, o in other.overlays.items()}
        and one.units == other.units
        and sorted(one.gazetteer.entries, key=repr) == sorted(other.gazetteer.entries, key=repr)
        and one.calendar == other.calendar
        and one.profile == other.profile
        and resolve(one, *SHOP, AT) == resolve(other, *SHOP, AT)
    )


def test_built_after_a_change_is_as_built_from_nothing_and_keeps_what_stayed() -> None:
    first = build(zhenru_entries())
    layers = {name: list(editions(name)) for name in OVERLAYS}
    moved = layers["police"][3]
    layers["police"][3] = GridEdition("police", moved.code, moved.name, "ZR-POLICE-1", moved.geometry)
    del layers["micro"][0]
    held = published(layers, 2, units()[:-1], places()[:-1])
    second = build(held, first)
    assert same(second, build(held))
    assert second.overlays["fire"] is first.overlays["fire"]
    assert second.overlays["police"] is not first.overlays["police"]
    assert second.overlays["police"].editions[0] is first.overlays["police"].editions[0]
    assert second.profile is first.profile
    assert second.calendar is first.calendar
    back = build(zhenru_entries(3), second)
    assert same(back, build(zhenru_entries(3)))


def test_all_values_of_a_large_grid_change_together() -> None:
    """A copy holds of a grid it has built the hashes alone: whatever changes must bring all of it again."""
    large = GridEdition("police", "P", "一组", "U", star(80_000))
    ended = replace(large, valid_to=datetime(2026, 12, 1, tzinfo=UTC))
    before = dict(codec.encode_grid([large]))
    assert len(before) > 2
    for after in ([ended], [ended, replace(large, name="二组", geometry=box(0, 0, 1, 1), valid_from=ended.valid_to)]):
        changed = dict(codec.encode_grid(after))
        assert not {key for key, value in changed.items() if before.get(key) == value}
        assert codec.decode_grid(list(changed.values())) == tuple(after)


def test_profile_hours_reach_the_calendar() -> None:
    told = profile().model_dump()
    told["hours"] = {"opens": time(8, 30), "closes": time(16, 30)}
    early = Profile.model_validate(told)
    assert codec.decode_calendar([], early).opens.isoformat() == "08:30:00"


def test_units_above_and_of_a_role() -> None:
    fabric = build(zhenru_entries())
    assert [unit.code for unit in fabric.above("ZR-POLICE-4")] == ["ZR-POLICE", "QP-POLICE", "QP"]
    assert [unit.code for unit in fabric.units_of("traffic")] == ["QP-TRAFFIC"]
    assert len(fabric.units_of("property")) == 6
    assert fabric.units_of("nobody") == ()
