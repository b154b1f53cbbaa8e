"""What was found of an overlay is worked out again only where something else would come out."""

from dataclasses import replace

from services.fabric.snapshot import build
from services.grids.domain.topologies import Topologies, survey_all
from tests.harness.zhenru import AT, editions, published, units


def test_only_what_changed_is_looked_at_again() -> None:
    layers = {name: editions(name) for name in ("police", "duty")}
    first = build(published(layers, 1, units()))
    kept = Topologies()
    before = {name: kept.of(first, name, AT) for name in layers}
    moved = [replace(layers["duty"][0], name="改名"), *layers["duty"][1:]]
    second = build(published({**layers, "duty": moved}, 2, units()), first)
    assert kept.of(second, "police", AT) is before["police"]
    assert kept.of(second, "duty", AT) is not before["duty"]
    fewer = build(published({**layers, "duty": moved}, 3, units()[:-1]), second)
    assert kept.of(fewer, "police", AT) is not before["police"]
    assert [one.overlay for one in survey_all(second, list(layers), AT, kept)] == list(layers)
