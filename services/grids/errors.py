"""What the registry refuses, and the sentence that goes with it."""

from collections.abc import Iterable, Mapping, Sequence

from services.fabric.boundaries import Finding
from services.grids.domain.gazetteer import Fault
from services.kit.problems import Conflict, Invalid, NotFound, Unavailable

MOST_ERRORS = 1000


class NotHeldYet(Unavailable):
    """The change is on disk; some service does not work by it yet."""

    code, title = "not_held_yet", "还没有处处生效"


def not_held_yet(version: int, services: Sequence[str]) -> NotHeldYet:
    return NotHeldYet(
        f"已保存为第 {version} 版，但 {'、'.join(services)} 还没有换上，不必重发；请稍后用 /readyz 查看",
        headers={"Retry-After": "5"},
        version=version,
        services=list(services),
    )


def bad_features(faults: Iterable[Finding]) -> Invalid:
    """Every one of them, with the code of its grid where it has one."""
    errors = [
        {"pointer": f.pointer, "detail": f.detail, "kind": f.kind, **({"grid": f.code} if f.code else {})}
        for f in faults
    ]
    return Invalid(f"有 {len(errors)} 处要改正，整个文件没有生效；请按 errors 改正后重新导入", errors=errors)


def bad_rows(faults: Iterable[tuple[str, str]]) -> Invalid:
    """In order of the rows."""
    in_order = sorted(faults, key=lambda fault: int("0" + fault[0].split("/")[1]) if fault[0][1:2].isdigit() else 0)
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in in_order]
    return Invalid(f"有 {len(errors)} 处要改正，整张表没有生效；请按 errors 改正后重发", errors=errors)


def bad_days(faults: Sequence[tuple[str, str]]) -> Invalid:
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in faults[:MOST_ERRORS]]
    return Invalid(f"有 {len(faults)} 处要改正，日历没有换；请按 errors 改正后重发", errors=errors)


def bad_points(faults: Sequence[tuple[str, str]]) -> Invalid:
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in faults[:MOST_ERRORS]]
    return Invalid(f"有 {len(faults)} 个点的位置不对，这一批都没有查；请按 errors 改正或去掉后重发", errors=errors)


def bad_places(faults: Sequence[Fault]) -> Invalid:
    """The first of them; where they came in a file, with its line."""
    errors = [fault.as_json() for fault in faults[:MOST_ERRORS]]
    return Invalid(
        f"有 {len(faults)} 处要改正，整张表没有生效；请按 errors 改正后重发，或用 skip_bad 略过这些行", errors=errors
    )


def no_overlay(overlay: str) -> NotFound:
    return NotFound(f"没有 {overlay} 这个图层，请用 /grids/v1/overlays 查看有哪些")


def no_grid() -> NotFound:
    return NotFound("没有这个网格，或它在这个时间不生效；请核对图层、编码和 at")


def no_unit(code: str) -> NotFound:
    return NotFound(f"没有 {code} 这个单位，请核对编码")


def unit_in_use(
    code: str, below: Mapping[str, str], grids: Sequence[str], cases: Sequence[str], count: int
) -> Conflict:
    """`below`: code → name of the units that belong to it; `grids`: overlay/code of what it answers for; `cases` are open;
    `count` of everything: the lists may be cut."""
    named = [*below.values(), *(f"网格 {grid}" for grid in grids), *(f"案件 {case}" for case in cases)]
    shown = "、".join(named[:10]) + (f" 等 {count} 项" if count > len(named[:10]) else "")
    return Conflict(
        f"{code} 还不能停用：{shown} 还靠着它，请先改给别的单位，案件转办或办结",
        units=list(below),
        grids=list(grids),
        cases=list(cases),
    )


def no_person(code: str) -> NotFound:
    return NotFound(f"没有 {code} 这个人，请核对编码")


def on_a_roster(code: str, units: Sequence[str]) -> Conflict:
    return Conflict(f"{code} 还排在 {'、'.join(units)} 的值班表上，请先换成别人", units=list(units))


def no_roster(unit: str) -> NotFound:
    return NotFound(f"{unit} 在这个时间没有值班表，请核对单位编码和 at")


def no_ground() -> NotFound:
    return NotFound("台账里没有这一条，请用 /grids/v1/ownerless 查看有哪些")


def no_component(code: str) -> NotFound:
    return NotFound(f"没有 {code} 这个部件，请核对编码")


def no_fabric() -> Unavailable:
    return Unavailable("还没有网格数据，请先导入单位和图层", headers={"Retry-After": "5"})


class StillArranging(Unavailable):
    """The merged fabric is being worked out for the first time, or after a change of much of it."""

    code, title = "still_arranging", "还在叠合"


def still_arranging(done: int, of: int) -> StillArranging:
    return StillArranging(
        f"各图层正在叠合，已完成 {done}/{of} 个网格，请过几秒再查", headers={"Retry-After": "5"}, done=done, of=of
    )
