"""What must hold once all is quiet, whoever died: each check names what it finds wrong."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import dropwhile

from services.fabric.entries import decode_unit
from services.fabric.manifest import complete_version
from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import CASES, ORDERS
from services.notify.usecases.telling import hear
from tests.chaos.evidence import HEARS, Evidence

EVENT_OF = {
    "sign": "case.signed",
    "contact": "case.contacted",
    "progress": "case.progressed",
    "resolve": "case.resolved",
}
_SAID = ("case.progressed", "case.urged", "case.feedback")
JUST_NOW = timedelta(seconds=2)  # what fell due while the evidence was being taken is nobody's fault
SHOWN = 5  # complaints of one check


@dataclass(frozen=True)
class Promised:
    """What the town said yes to: external id → order id, (case, action), whistles, unit → its last name."""

    answered: Mapping[str, str]
    done: Sequence[tuple[str, str]]
    blown: Sequence[str]
    named: Mapping[str, str]


def judge(evidence: Evidence, promised: Promised) -> list[str]:
    """Everything that is wrong, a sentence each; the first few of each check."""
    wrong: list[str] = []
    for check in CHECKS:
        found = list(check(evidence, promised))
        wrong += [f"{check.__name__}: {sentence}" for sentence in found[:SHOWN]]
        wrong += [f"{check.__name__}: {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return wrong


def each_answered_order_has_one_case(e: Evidence, promised: Promised) -> Iterator[str]:
    held = {row["external_id"]: row for row in e.orders.values()}
    if len(held) < len(e.orders):
        yield "an external id has two orders"
    taken = {event.subject for event in e.order_events if event.name in ("order.accepted", "order.joined")}
    for case_id, events in e.of_cases.items():
        times = sum(event.name == "case.opened" for event in events)
        if times != 1 and case_id in e.cases:
            yield f"{case_id} was opened {times} times"
    live: dict[str, list[str]] = defaultdict(list)
    for link in e.links:
        live[link["order_id"]].append(link["case_id"])
    for external_id, order_id in promised.answered.items():
        row = held.get(external_id)
        if row is None or row["order_id"] != order_id:
            yield f"{external_id} was answered as {order_id}, on disk: {row and row['order_id']}"
            continue
        wanted = 1 if order_id in taken else 0
        if len(live[order_id]) != wanted:
            yield f"{order_id} ({row['status']}): cases {live[order_id]}"
        elif wanted and (row["case_id"] != live[order_id][0] or order_id not in e.cases[row["case_id"]]["orders"]):
            yield f"{order_id}: intake says {row['case_id']}, dispatch {live[order_id]}"
    for case_id, case in e.cases.items():
        if case["state"] != "withdrawn" and not case["orders"]:
            yield f"{case_id} is about no order"
    if extra := e.orders.keys() - set(promised.answered.values()):
        yield f"{len(extra)} orders were never answered, such as {min(extra)}"


def entries_have_no_gap(e: Evidence, _: Promised) -> Iterator[str]:
    last = {case_id: row["sequence"] for case_id, row in e.cases.items()}
    last |= {whistle_id: row["sequence"] for whistle_id, row in e.whistles.items() if row["case_id"] is None}
    for subject in last.keys() | e.entries.keys():
        numbers = [number for number, _, _ in e.entries.get(subject, [])]
        if numbers != list(range(1, last.get(subject, 0) + 1)):
            yield f"{subject} stands at {last.get(subject)}, its entries are {numbers}"


def topics_are_in_order(e: Evidence, _: Promised) -> Iterator[str]:
    last = {order_id: row["sequence"] for order_id, row in e.orders.items()}
    for subject, events in e.of_orders.items():
        if [event.sequence for event in events] != list(range(1, last.pop(subject, 0) + 1)):
            yield f"{ORDERS.name} {subject}: {[event.sequence for event in events]}"
    if last:
        yield f"{ORDERS.name} has nothing of {len(last)} orders, such as {min(last)}"
    for subject in e.of_cases.keys() | e.entries.keys():
        on_topic = _told(e.of_cases.get(subject, []))
        if on_topic != e.entries.get(subject):
            yield f"{CASES.name} {subject}: {_steps(on_topic)}, on record {_steps(e.entries.get(subject, []))}"


def doubles_are_the_same_event(e: Evidence, _: Promised) -> Iterator[str]:
    for topic, events in ((ORDERS.name, e.order_events), (CASES.name, e.case_events), *e.unit_topics.items()):
        ids: dict[tuple[str, int], set[str]] = defaultdict(set)
        for event in events:
            ids[event.subject, event.sequence].add(event.id)
        for key, found in ids.items():
            if len(found) > 1:
                yield f"{topic} {key}: {len(found)} different events"


def everybody_has_heard_all(e: Evidence, _: Promised) -> Iterator[str]:
    last = {
        topic: {subject: events[-1].sequence for subject, events in told.items()}
        for topic, told in ((ORDERS.name, e.of_orders), (CASES.name, e.of_cases))
    }
    for service, topics in HEARS.items():
        for topic in topics:
            heard = e.inbox[service, topic]
            for subject in last[topic].keys() | heard.keys():
                if heard.get(subject) != last[topic].get(subject):
                    yield f"{service} has {subject} at {heard.get(subject)}, {topic} at {last[topic].get(subject)}"


def orders_follow_their_case_once(e: Evidence, _: Promised) -> Iterator[str]:
    for order_id, row in e.orders.items():
        steps = [(step["type"], step["text"]) for step in json.loads(row["progress"])]
        of_case = [step for step in steps if not step[0].startswith("order.")]
        events = e.of_cases.get(row["case_id"], [])
        since = next((n for n, event in enumerate(events) if order_id in event.data.get("orders", ())), 0)
        wanted = [
            (event.name, event.data["text"])
            for event in events[since:]
            if order_id in (event.data.get("orders") or [order_id]) and not _in_house(event)
        ]
        if since:  # joined later; a whistle of the case may have been heard before that was told
            of_case = list(dropwhile(lambda step: step[0].startswith("whistle."), of_case))
        if of_case != wanted:
            yield f"{order_id}: progress {[name for name, _ in of_case]}, case {[name for name, _ in wanted]}"


def _in_house(event: Event) -> bool:
    """Whom an emergency pages, and a whistle that the street has not agreed to, are nothing for who reported it. What a
    citizen said stands in the order that brought it, and is nothing for the others."""
    if event.data.get("by") == "市民" and event.name in _SAID:
        return True
    return event.name == "whistle.paged" or event.data.get("nod") in ("waiting", "refused")


def console_shows_each_event_once(e: Evidence, _: Promised) -> Iterator[str]:
    for stream, told in (("order", e.of_orders), ("case", e.of_cases)):
        for subject in told.keys() | {about for kind, about in e.lines if kind == stream}:
            wanted = _told(told.get(subject, []))
            found = e.lines.get((stream, subject), [])
            if found != wanted:
                yield f"{stream} {subject}: {_steps(found)}, told {_steps(wanted)}"
    for case_id, row in e.cases.items():
        shown = e.console_cases.get(case_id)
        if shown is None or (shown["sequence"], shown["state"]) != (row["sequence"], row["state"]):
            yield f"{case_id} is {row['state']}, shown {shown and shown['state']}"


def units_hear_what_concerns_them_once(e: Evidence, _: Promised) -> Iterator[str]:
    wanted: set[tuple[str, str]] = set()
    for events in e.of_cases.values():
        heard, _after = hear(events, {})
        wanted |= {(unit, one.event.id) for one in heard for unit in one.units}
    found = Counter((unit, event["id"]) for unit, events in e.feeds.items() for event in events)
    for about, times in found.items():
        if times > 1:
            yield f"{about}: {times} times"
    if wanted != found.keys():
        yield f"{len(wanted - found.keys())} not told, {len(found.keys() - wanted)} told to the wrong unit"
    for case_id in e.cases:
        for event in e.of_cases.get(case_id, []):
            if event.name == "case.dispatched" and (event.data["lead"], event.id) not in found:
                yield f"{case_id}: {event.data['lead']} was not told that it leads"


def feeds_are_in_order_and_equal_their_topics(e: Evidence, _: Promised) -> Iterator[str]:
    for unit, events in e.feeds.items():
        last: dict[str, int] = {}
        for event in events:
            if event["sequence"] <= last.get(event["subject"], 0):
                yield f"{unit} {event['subject']}: {event['sequence']} after {last[event['subject']]}"
            last[event["subject"]] = event["sequence"]
        # In the order in which each came first.
        on_topic = {event.id: event.data for event in e.unit_topics[unit]}
        if list(on_topic.items()) != [(event["id"], event["data"]) for event in events]:
            yield f"{unit}: {len(events)} in the feed, {len(on_topic)} on its topic, or not the same"


def subscribers_hear_all_in_order(e: Evidence, _: Promised) -> Iterator[str]:
    """At least once; first occurrences in order per case; doubles are the same event."""
    for unit, calls in e.received.items():
        came: dict[str, dict[str, int]] = defaultdict(dict)
        for event in calls:
            came[event["subject"]].setdefault(event["id"], event["sequence"])
        wanted: dict[str, dict[str, int]] = defaultdict(dict)
        for event in e.feeds.get(unit, []):
            wanted[event["subject"]][event["id"]] = event["sequence"]
        for subject in came.keys() | wanted.keys():
            if list(came[subject].items()) != list(wanted[subject].items()):
                yield f"{unit} {subject}: sent {list(came[subject].values())}, has {list(wanted[subject].values())}"


def clocks_fired_once(e: Evidence, _: Promised) -> Iterator[str]:
    # Of each deadline once: one that was put off after its yellow light has another yellow light.
    fired: Counter[tuple[str, str, str, datetime]] = Counter()
    for case_id, events in e.of_cases.items():
        for event in events:
            if event.name in ("case.warned", "case.overdue"):
                clock = event.data["clock"]
                fired[event.name, case_id, clock["kind"], datetime.fromisoformat(clock["due"])] += 1
    for key, times in fired.items():
        if times > 1:
            yield f"{key}: {times} times"
    for clock in e.clocks:
        if clock["state"] == "overdue" and clock["kind"] in _SHOWN:
            if not fired["case.overdue", clock["case_id"], clock["kind"], clock["due"]]:
                yield f"{clock['case_id']} {clock['kind']} is overdue and nobody was told"
        elif clock["state"] == "running" and not clock["ended"]:
            yellow = clock["yellow_at"]
            told = clock["warned"] or yellow is None or yellow >= clock["due"]
            moment = clock["due"] if told else yellow
            if moment <= e.at - JUST_NOW:
                yield f"{clock['case_id']} {clock['kind']} was due at {moment} and did not fire"
            elif e.waiting.get(clock["case_id"], _NEVER) > moment:
                yield f"{clock['case_id']} {clock['kind']} is due at {moment} and no timer waits for it"


def whistles_climbed_once(e: Evidence, promised: Promised) -> Iterator[str]:
    for whistle_id in promised.blown:
        if whistle_id not in e.whistles:
            yield f"{whistle_id} was blown and is not there"
    missing: Counter[tuple[str, str, str]] = Counter()
    for events in e.of_cases.values():
        for event in events:
            if event.name in ("whistle.missing", "whistle.escalated"):
                missing[event.name, event.data["whistle_id"], event.data["unit"]] += 1
    for key, times in missing.items():
        if times > 1:
            yield f"{key}: {times} times"
    for whistle_id, row in e.whistles.items():
        if row["state"] == "open" and row["level"] == 0 and row["report_in_by"] <= e.at - JUST_NOW:
            yield f"{whistle_id} was due at {row['report_in_by']} and nothing happened"
        for call in json.loads(row["calls"]):
            if call["state"] == "missing" and missing["whistle.missing", whistle_id, call["unit"]] != 1:
                yield f"{whistle_id}: {call['unit']} is missing and nobody was told"


def each_action_took_effect_once(e: Evidence, promised: Promised) -> Iterator[str]:
    for case_id, action in promised.done:
        times = sum(kind == EVENT_OF[action] for _, kind, _ in e.entries.get(case_id, []))
        if times != 1:
            yield f"{case_id} {action}: {times} times"


def the_map_is_whole(e: Evidence, promised: Promised) -> Iterator[str]:
    version = complete_version(e.map_entries)
    if version != e.published:
        yield f"published {e.published}, whole on the bus {version}"
    for unit, name in promised.named.items():
        found = decode_unit(e.map_entries[f"unit/{unit}"])[-1].name
        if found != name:
            yield f"{unit} was named {name}, on the bus {found}"


def nothing_is_left_over(e: Evidence, _: Promised) -> Iterator[str]:
    yield from (f"{what}: {count}" for what, count in e.left_over.items() if count)
    yield from (f"dead letter {each.key}: {each.headers.get('x-error')}" for each in e.dead_letters)


def _told(events: Sequence[Event]) -> list[tuple[int, str, str]]:
    return [(event.sequence, event.name, event.data["text"]) for event in events]


def _steps(told: Sequence[tuple[int, str, str]]) -> list[str]:
    return [f"{number} {name}" for number, name, _ in told]


_NEVER = datetime.max.replace(tzinfo=UTC)
_SHOWN = ("sign", "contact", "on_site", "resolve", "verify", "callback", "recheck")
Check = Callable[[Evidence, Promised], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    each_answered_order_has_one_case,
    entries_have_no_gap,
    topics_are_in_order,
    doubles_are_the_same_event,
    everybody_has_heard_all,
    orders_follow_their_case_once,
    console_shows_each_event_once,
    units_hear_what_concerns_them_once,
    feeds_are_in_order_and_equal_their_topics,
    subscribers_hear_all_in_order,
    clocks_fired_once,
    whistles_climbed_once,
    each_action_took_effect_once,
    the_map_is_whole,
    nothing_is_left_over,
)
