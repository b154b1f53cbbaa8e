"""A check that can't find anything is none: sound evidence with one thing spoilt, for each check."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import CASES
from tests.chaos import checks
from tests.chaos.checks import Check, Promised
from tests.chaos.evidence import Evidence


def unnoticed(evidence: Evidence, promised: Promised) -> list[str]:
    """Names of the checks that find nothing in what was spoilt for them."""
    assert SPOILS.keys() == set(checks.CHECKS)
    spoils = {check: spoil for check, spoil in SPOILS.items() if evidence.received or spoil is not _not_sent}
    return [check.__name__ for check, spoil in spoils.items() if not list(check(spoil(evidence), promised))]


def _a_case_lost(e: Evidence) -> Evidence:
    return replace(e, links=e.links[1:])


def _an_entry_lost(e: Evidence) -> Evidence:
    subject, held = next(iter(e.entries.items()))
    return replace(e, entries={**e.entries, subject: held[1:]})


def _an_event_lost(e: Evidence) -> Evidence:
    return replace(e, case_events=e.case_events[1:])


def _an_event_told_anew(e: Evidence) -> Evidence:
    return replace(e, case_events=[*e.case_events, _anew(e.case_events[0])])


def _unheard(e: Evidence) -> Evidence:
    heard = e.inbox["notify", CASES.name]
    subject = next(iter(heard))
    return replace(e, inbox={**e.inbox, ("notify", CASES.name): {**heard, subject: heard[subject] - 1}})


def _a_step_twice(e: Evidence) -> Evidence:
    order_id, row = next((order_id, row) for order_id, row in e.orders.items() if row["case_id"])
    steps = json.loads(row["progress"])
    return replace(e, orders={**e.orders, order_id: {**row, "progress": json.dumps([*steps, steps[-1]])}})


def _a_line_lost(e: Evidence) -> Evidence:
    subject, held = next(iter(e.lines.items()))
    return replace(e, lines={**e.lines, subject: held[1:]})


def _told_twice(e: Evidence) -> Evidence:
    unit, held = next(iter(e.feeds.items()))
    return replace(e, feeds={**e.feeds, unit: [*held, held[0]]})


def _not_on_the_topic(e: Evidence) -> Evidence:
    unit, held = next(iter(e.unit_topics.items()))
    lost = [event for event in held if event.id != held[0].id]
    return replace(e, unit_topics={**e.unit_topics, unit: lost})


def _not_sent(e: Evidence) -> Evidence:
    """Only for a drill with subscribers."""
    unit, held = next(iter(e.received.items()))
    lost = [event for event in held if event["id"] != held[0]["id"]]
    return replace(e, received={**e.received, unit: lost})


def _a_clock_stood_still(e: Evidence) -> Evidence:
    past = e.at - timedelta(minutes=1)
    stopped = {**e.clocks[0], "state": "running", "ended": False, "due": past, "yellow_at": None}
    return replace(e, clocks=[stopped, *e.clocks[1:]])


def _climbed_twice(e: Evidence) -> Evidence:
    climbed = next(event for event in e.case_events if event.name == "whistle.escalated")
    return replace(e, case_events=[*e.case_events, _anew(climbed)])


def _signed_twice(e: Evidence) -> Evidence:
    subject, held = next(
        (subject, held) for subject, held in e.entries.items() if any(kind == "case.signed" for _, kind, _ in held)
    )
    again = next(entry for entry in held if entry[1] == "case.signed")
    return replace(e, entries={**e.entries, subject: [*held, again]})


def _a_leaf_lost(e: Evidence) -> Evidence:
    lost = next(key for key in e.map_entries if key.startswith("unit/"))
    return replace(e, map_entries={key: value for key, value in e.map_entries.items() if key != lost})


def _something_parked(e: Evidence) -> Evidence:
    return replace(e, left_over={**e.left_over, "notify.parked": 1})


Spoil = Callable[[Evidence], Evidence]
SPOILS: Mapping[Check, Spoil] = {
    checks.each_answered_order_has_one_case: _a_case_lost,
    checks.entries_have_no_gap: _an_entry_lost,
    checks.topics_are_in_order: _an_event_lost,
    checks.doubles_are_the_same_event: _an_event_told_anew,
    checks.everybody_has_heard_all: _unheard,
    checks.orders_follow_their_case_once: _a_step_twice,
    checks.console_shows_each_event_once: _a_line_lost,
    checks.units_hear_what_concerns_them_once: _told_twice,
    checks.feeds_are_in_order_and_equal_their_topics: _not_on_the_topic,
    checks.subscribers_hear_all_in_order: _not_sent,
    checks.clocks_fired_once: _a_clock_stood_still,
    checks.whistles_climbed_once: _climbed_twice,
    checks.each_action_took_effect_once: _signed_twice,
    checks.the_map_is_whole: _a_leaf_lost,
    checks.nothing_is_left_over: _something_parked,
}


def _anew(event: Event) -> Event:
    return replace(event, id=f"again-{event.id}")
