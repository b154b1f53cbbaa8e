"""A case of another class or matter: its limits are reckoned from its dispatch as if it had been that from the start. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from services.dispatch.domain import clocks
from services.dispatch.domain.clocks import Reckoning
from services.dispatch.models import Case, ClockKind, ClockRow
from services.fabric.profile import Profile
from services.fabric.spans import Span
from services.kit.contracts.payload import CaseClass

_NOTHING = timedelta(0)


def reclassified(
    profile: Profile, by: Reckoning, case: Case, case_class: CaseClass, concern: str, sub: str | None, at: datetime
) -> Case:
    """Nobody becomes late by it: a limit that would have passed already runs its whole length from now. One that was
    missed under the wrong class and has time under the right one runs again. What was met, and a due time that somebody
    agreed to, stay."""
    after = replace(
        case,
        case_class=case_class,
        concern=concern,
        sub_concern=sub,
        decision=replace(case.decision, clocks=case_class),
    )
    rules = profile.clocks(case_class, after.matter)
    spans: dict[ClockKind, Span | None] = {kind: getattr(rules, kind) for kind in clocks.OF_WORK}
    return replace(after, clocks=clocks.put(case.clocks, _limits(case, spans, by, at)))


def _limits(case: Case, spans: dict[ClockKind, Span | None], by: Reckoning, at: datetime) -> Iterator[ClockRow]:
    for kind, span in spans.items():
        source_due = case.source_due if kind == "resolve" else None
        last = next((clock for clock in case.clocks if (clock.kind, clock.round) == (kind, case.round)), None)
        if last is not None and not last.open:
            continue
        if span is None:
            if last is not None:
                yield replace(last, ended=True)
        elif last is None:
            if case.state not in ("deferred", "shelved", "statutory"):
                yield clocks.started(kind, case.round, span.of_unit(case.lead), at, by, source_due)
        elif kind != "resolve" or case.course.extensions == 0:
            yield _again(last, span.of_unit(case.lead), by, source_due, at)


def _again(clock: ClockRow, span: Span, by: Reckoning, source_due: datetime | None, at: datetime) -> ClockRow:
    """The time that it stood still is not counted again where both lengths are of the same time."""
    calendar = by.calendar_of(span)
    since, remaining = clock.started, span.length(calendar)
    if (
        clock.since is not None
        and clock.remaining is not None
        and (clock.span.time, clock.span.of) == (span.time, span.of)
    ):
        spent = clock.span.length(calendar) - clock.remaining
        since, remaining = clock.since, max(_NOTHING, remaining - spent)
    due = clocks.after(span, since, remaining, calendar)
    here = clock.paused_at or at
    if due.at <= here:
        since, remaining = here, span.length(calendar)
        due = clocks.after(span, since, remaining, calendar)
    named = source_due is not None and source_due < due.at
    until = max(source_due, here) if named and source_due is not None else due.at
    return replace(
        clock,
        span=span,
        due=until,
        yellow_at=clocks.yellow(clock.kind, span, clock.started, until, by),
        state="paused" if clock.state == "paused" else "running",
        warned=False,
        provisional=due.provisional and not named,
        since=since,
        remaining=None if named else remaining,
        reckoned=by.version,
    )
