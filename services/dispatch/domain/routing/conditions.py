"""The conditions of a row as a table: what each is called, when it holds, and what to say of it."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.site import Site
from services.fabric.component_kinds import is_kind


class Facts(NamedTuple):
    """What a row may ask of a matter. `minute` counts from midnight in Shanghai."""

    channel: str | None
    kind: str | None
    level: str | None
    emergency: bool
    text: str
    minute: int
    owners: frozenset[str]
    site: Site


Check = Callable[[Facts], bool]


class Condition(NamedTuple):
    """`check` makes the question of a row that asks it, once for each row."""

    field: str
    title: str
    check: Callable[[When], Check]


def minutes(hours: str) -> tuple[int, int]:
    """`22:00-06:00` as minutes from midnight; the same twice is the whole day."""
    (since, until) = (int(end[:2]) * 60 + int(end[3:]) for end in hours.split("-"))
    return since, until


def _in_hours(when: When) -> Check:
    since, until = minutes(when.hours or "00:00-00:00")
    if since < until:
        return lambda facts: since <= facts.minute < until
    return lambda facts: facts.minute >= since or facts.minute < until


def _grids(when: When) -> Check:
    wanted = tuple(tuple(grid.split(":", 1)) for grid in when.grid)
    return lambda facts: any(facts.site.grids.get(overlay) == code for overlay, code in wanted)


def _units(when: When) -> Check:
    wanted = frozenset(when.unit)
    return lambda facts: any(unit in wanted for unit in facts.site.units.values()) or facts.site.property in wanted


def _owners(when: When) -> Check:
    wanted = frozenset(when.owner)
    return lambda facts: not wanted.isdisjoint(facts.owners)


def _component(when: When) -> Check:
    def check(facts: Facts) -> bool:
        thing = facts.site.thing.nearest
        return thing is not None and any(is_kind(asked, thing.kind) for asked in when.component)

    return check


def _inside_wall(when: When) -> Check:
    wanted = when.inside_wall
    return lambda facts: facts.site.inside_wall is wanted


def _words(when: When) -> Check:
    words = when.words
    if len(words) == 1:
        only = words[0]
        return lambda facts: only in facts.text
    return lambda facts: any(word in facts.text for word in words)


def _unless(when: When) -> Check:
    words = when.unless
    return lambda facts: not any(word in facts.text for word in words)


def _emergency(when: When) -> Check:
    wanted = when.emergency
    return lambda facts: facts.emergency is wanted


CONDITIONS: tuple[Condition, ...] = (
    Condition("emergency", "紧急", _emergency),
    Condition("zone", "三区", lambda when: lambda facts: facts.site.zone in when.zone),
    Condition("channel", "渠道", lambda when: lambda facts: facts.channel in when.channel),
    Condition("kind", "诉求类型", lambda when: lambda facts: facts.kind in when.kind),
    Condition("level", "层级", lambda when: lambda facts: facts.level in when.level),
    Condition("hours", "时段", _in_hours),
    Condition("grid", "网格", _grids),
    Condition("unit", "单位", _units),
    Condition("owner", "权属", _owners),
    Condition("component", "部件", _component),
    Condition("inside_wall", "围墙内外", _inside_wall),
    Condition("words", "词语", _words),
    Condition("unless", "不含词语", _unless),
)


def asked(when: When) -> tuple[str, ...]:
    """Which conditions a row sets besides the kind of trouble."""
    return tuple(c.field for c in CONDITIONS if getattr(when, c.field) not in ((), None))


def checks_of(when: When, known: Collection[str] = ()) -> tuple[Check, ...]:
    """All must hold; without those that are known to."""
    return tuple(c.check(when) for c in CONDITIONS if getattr(when, c.field) not in ((), None) and c.field not in known)


class Asked(NamedTuple):
    """A row with its conditions ready to be asked: `fields` are all besides the kind of trouble, `checks` those that are
    not known to hold."""

    row: Row
    fields: tuple[str, ...]
    checks: tuple[Check, ...]

    @classmethod
    def of(cls, row: Row, known: Collection[str] = ()) -> "Asked":
        return cls(row, asked(row.when), checks_of(row.when, known))
