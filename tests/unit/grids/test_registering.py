"""What a list of units may say."""

from services.fabric.model import Unit
from services.grids.domain.registering import judge_units
from tests.harness.zhenru import profile


def unit(code: str, parent: str | None = None, level: str = "street") -> Unit:
    return Unit(code, code, level, parent)


KNOWN = {"QP": unit("QP", level="district"), "ZR": unit("ZR", "QP")}


def pointers(*told: Unit) -> list[str]:
    return [pointer for pointer, _ in judge_units(profile(), KNOWN, told)]


def test_a_sound_list() -> None:
    assert pointers(unit("B", "A"), unit("A", "ZR"), unit("QP", level="district")) == []


def test_every_fault_is_named() -> None:
    told = [unit("A", "none"), unit("B", level="planet"), Unit("A", "A", "street", guided_by="x", posted_to="y")]
    assert pointers(*told) == ["/0/parent", "/1/level", "/2/code", "/2/guided_by", "/2/posted_to"]


def test_circles_through_known_units_too() -> None:
    assert pointers(unit("QP", "ZR", "district")) == ["/0/parent"]
    assert pointers(unit("A", "A")) == ["/0/parent"]
    assert pointers(unit("A", "B"), unit("B", "A"), unit("C", "A")) == ["/0/parent", "/1/parent", "/2/parent"]


def test_a_long_chain_is_not_quadratic() -> None:
    chain = [unit("U0", "ZR"), *(unit(f"U{n}", f"U{n - 1}") for n in range(1, 20_000))]
    assert pointers(*reversed(chain)) == []
