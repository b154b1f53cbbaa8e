"""考核预演: what figures will be when a period is over, and which cases move them most. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.dispatch.domain.lifecycle import AT_WORK, DONE, UNSIGNED
from services.fabric.rates import Facts, Report, Tally, foreseen, report, tally_of, total
from services.fabric.rules import Rates
from services.kit.clock import local

Outlook = Literal["nothing", "best", "worst"]
OUTLOOKS: Mapping[Outlook, str] = {
    "nothing": "照现在这样到时",
    "best": "能办的都按期办好、还没问到的市民都满意",
    "worst": "没到期的都超期、还没问到的市民都不满意",
}


@dataclass(frozen=True, slots=True)
class Open:
    """A case for which something can still be done; `facts` are of it alone, as it stands now."""

    case_id: str
    unit: str | None
    state: str
    due: datetime
    contact_due: datetime | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Step:
    """`does`: what the case counts for when it is done; `fits`: whether there is anything to do."""

    code: str
    fits: Callable[[Open], bool]
    does: Callable[[Facts], Facts]
    said: Callable[[Open], str]


def _asked(facts: Facts) -> Facts:
    """All who are not asked yet say that it is solved and that they are satisfied."""
    n = facts.pending
    return replace(
        facts, answered=facts.answered + n, solved=facts.solved + n, satisfied=facts.satisfied + n, pending=0
    )


STEPS: Sequence[Step] = (
    Step("sign", lambda one: one.state in UNSIGNED, lambda facts: facts, lambda one: "先签收"),
    Step(
        "contact",
        lambda one: one.facts.contact == "waiting",
        lambda facts: replace(facts, contact="done"),
        lambda one: f"{local(one.contact_due)} 前先行联系市民" if one.contact_due else "先行联系市民",
    ),
    Step(
        "resume",
        lambda one: one.state in ("deferred", "shelved", "statutory") and one.facts.resolve == "waiting",
        lambda facts: facts,
        lambda one: "时限停着：恢复办理，或报批剔除",
    ),
    Step(
        "resolve",
        lambda one: one.facts.resolve == "waiting" and one.state in UNSIGNED | AT_WORK | {"open"},
        lambda facts: replace(facts, resolve="done"),
        lambda one: f"{local(one.due)} 前办结",
    ),
    Step(
        "call",
        lambda one: one.facts.pending > 0 and one.state in UNSIGNED | AT_WORK | DONE | {"closed", "open"},
        _asked,
        lambda one: f"办好后回访 {one.facts.pending} 位市民，问到满意为止",
    ),
)


@dataclass(frozen=True, slots=True)
class Move:
    """`gain`: points of the weighted score that the group gains when all of `steps` are done, against the worst;
    `moves`: rate → by how many per cent points it goes up."""

    one: Open
    steps: tuple[tuple[str, str], ...]
    gain: float
    moves: Mapping[str, float]


def outlooks(groups: Iterable[Facts], rules: Rates) -> dict[Outlook, Report]:
    """Best is never under worst; nothing lies between them."""
    held = list(groups)
    return {outlook: report(total(tally_of(foreseen(facts, outlook)) for facts in held), rules) for outlook in OUTLOOKS}


def ranked(cases: Iterable[Open], base: Tally, rules: Rates, most: int) -> list[Move]:
    """Those that move the figures most first, of equals the first due. `base`: the group at its worst."""
    before = report(base, rules)
    known: dict[tuple[Facts, tuple[str, ...]], tuple[float, Mapping[str, float]]] = {}
    found: list[Move] = []
    for one in cases:
        steps = [step for step in STEPS if step.fits(one)]
        if not steps:
            continue
        key = one.facts, tuple(step.code for step in steps)
        if key not in known:
            after = one.facts
            for step in steps:
                after = step.does(after)
            known[key] = _difference(before, base, one.facts, after, rules)
        gain, moves = known[key]
        if gain > 0 or moves:
            found.append(Move(one, tuple((step.code, step.said(one)) for step in steps), gain, moves))
    found.sort(key=lambda move: (-move.gain, -move.moves.get("on_time", 0), move.one.due, move.one.case_id))
    return found[:most]


def without(tally: Tally, other: Tally) -> Tally:
    """`other` must be part of it."""
    return Tally(
        tally.cases - other.cases,
        tally.waiting - other.waiting,
        tally.to_contact - other.to_contact,
        tally.contacted - other.contacted,
        tally.answered - other.answered,
        tally.resolved - other.resolved,
        tally.satisfied - other.satisfied,
        tally.fair - other.fair,
        tally.on_time - other.on_time,
        {ground: left for ground, n in tally.excluded.items() if (left := n - other.excluded.get(ground, 0))},
    )


def _difference(
    before: Report, base: Tally, now: Facts, after: Facts, rules: Rates
) -> tuple[float, Mapping[str, float]]:
    later = report(without(base, tally_of(foreseen(now, "worst"))) + tally_of(foreseen(after, "worst")), rules)
    moves: dict[str, float] = {}
    gain = 0.0
    for old, new in zip(before.all, later.all, strict=True):
        moved = 100 * ((new.value or 0.0) - (old.value or 0.0))
        gain += moved * new.weight
        if round(moved, 2):
            moves[new.code] = round(moved, 2)
    return round(gain, 4), moves
