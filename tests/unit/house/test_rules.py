"""Rules of the house that no linter knows: who commits, who reads the clock, what every service looks like."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVICES = ("intake", "grids", "dispatch", "notify", "console")
ROOMS = ("main", "api", "schemas", "domain", "usecases", "handlers", "models", "repository", "settings", "errors", "metrics", "migrations")  # fmt: skip
# Where the machine's own clock may be read: business time comes from there, identifiers and pauses are real time.
CLOCK_READERS = {"services/kit/clock.py", "services/kit/ids.py"}
READS_CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"), ("time", "time_ns"), ("func", "now")}  # fmt: skip


def _modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text("utf-8"))


def commits(module: ast.Module) -> list[int]:
    """Lines that commit a transaction: `x.commit()` without arguments (a subscription's commit takes offsets)."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def clock_reads(module: ast.Module) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in READS_CLOCK
    ]


def test_only_the_kernel_commits() -> None:
    found = [f"{name}:{line}" for name, module in _modules("services", "duoge") for line in commits(module)]
    assert [place for place in found if not place.startswith("services/kit/")] == []
    assert found, "the lint sees nothing at all"


def test_only_the_clock_reads_the_clock() -> None:
    found = [
        f"{name}:{line}"
        for name, module in _modules("services", "duoge")
        if name not in CLOCK_READERS
        for line in clock_reads(module)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "count"),
    [("await session.commit()", 1), ("datetime.now(UTC)", 0), ("x = 1", 0)],
)
def test_the_commit_lint_can_fail(code: str, count: int) -> None:
    assert len(commits(ast.parse(f"async def f():\n    {code}"))) == count


@pytest.mark.parametrize(
    ("code", "count"),
    [("datetime.now(UTC)", 1), ("time.time()", 1), ("clock.now()", 0), ("time.monotonic()", 0), ("date.today()", 1)],
)
def test_the_clock_lint_can_fail(code: str, count: int) -> None:
    assert len(clock_reads(ast.parse(code))) == count


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    """A room is a module or, when it is large, a folder of that name."""
    folder = ROOT / "services" / service
    missing = [room for room in ROOMS if not (folder / f"{room}.py").exists() and not (folder / room).is_dir()]
    assert missing == []


def test_modules_stay_small() -> None:
    """Over 300 lines a module means two things."""
    long = [
        f"{file.relative_to(ROOT)} {count}"
        for folder in ("services", "duoge")
        for file in (ROOT / folder).rglob("*.py")
        if (count := len(file.read_text("utf-8").splitlines())) > 300
    ]
    assert long == []
