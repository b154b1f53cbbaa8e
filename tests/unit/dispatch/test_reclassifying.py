"""改类, and what the house says by itself."""

from datetime import datetime, timedelta

import pytest

from services.dispatch.domain import clocks
from services.fabric.calendar import SHANGHAI
from services.kit.problems import Invalid
from tests.unit.dispatch.casework import Casework


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def limits(one: Casework) -> dict[str, tuple[str, str]]:
    return {
        clock.kind: (f"{clock.due.astimezone(SHANGHAI):%m-%d %H:%M}", clock.state)
        for clock in clocks.shown(one.case.clocks, one.case.round)
    }


def begun() -> Casework:
    """A matter of five working days, dispatched on a Monday at ten."""
    one = Casework(at("2026-11-23T10:00"))
    assert (one.case.case_class, limits(one)["resolve"]) == ("key", ("11-30 10:00", "running"))
    return one


def test_limits_are_reckoned_from_the_dispatch() -> None:
    one = begun()
    one.do("sign")
    one.wait(timedelta(hours=5))
    one.do("reclassify", **{"class": "easy", "reason": "当场可办"})
    assert one.case.case_class == "easy"
    assert limits(one) == {
        "sign": ("11-23 12:00", "met"),
        "contact": ("11-24 10:00", "running"),
        "resolve": ("11-25 10:00", "running"),
    }
    one.do("reclassify", **{"class": "hard", "reason": "牵涉多家"})
    assert limits(one)["resolve"] == ("12-14 10:00", "running")
    assert one.events[-1].data["class"] == "hard"
    assert "时限从派遣起重算" in one.events[-1].data["text"]


def test_time_that_stood_still_is_not_counted() -> None:
    one = begun()
    one.do("sign")
    one.do("contact")
    one.do("defer", until=at("2026-11-26T10:00").isoformat())
    one.wait(timedelta(days=3))
    assert limits(one)["resolve"][0] == "12-03 10:00"
    one.do("reclassify", **{"class": "hard", "reason": "牵涉多家"})
    assert limits(one)["resolve"] == ("12-17 10:00", "running")


def test_nobody_becomes_late_by_it_and_what_was_missed_wrongly_runs_again() -> None:
    one = begun()
    one.do("sign")
    one.do("contact")
    one.wait(timedelta(days=4))
    one.do("reclassify", **{"class": "easy", "reason": "当场可办"})
    assert limits(one)["resolve"] == ("12-01 10:00", "running")
    one.wait(timedelta(days=4, hours=1))
    assert limits(one)["resolve"][1] == "overdue"
    one.do("reclassify", **{"class": "hard", "reason": "牵涉多家"})
    assert limits(one)["resolve"][1] == "running"


def test_an_emergency_has_a_limit_more_and_gives_it_back() -> None:
    one = begun()
    one.do("sign")
    one.do("reclassify", **{"class": "emergency", "reason": "有人受困"})
    assert limits(one)["on_site"] == ("11-23 10:30", "running")
    assert limits(one)["resolve"] == ("11-24 10:00", "running")
    one.do("reclassify", **{"class": "key", "reason": "已脱险"})
    assert "on_site" not in limits(one)


def test_another_matter_and_what_is_refused() -> None:
    one = begun()
    one.do("reclassify", concern="CS-03.lamp", reason="是路灯")
    assert (one.case.concern, one.case.sub_concern) == ("CS-03", "CS-03.lamp")
    for fields in ({"reason": "没有改"}, {"class": "easy"}, {"concern": "ZZ-99", "reason": "没有这个"}):
        with pytest.raises(Invalid):
            one.do("reclassify", **fields)


def test_a_key_matter_is_urged_at_yellow_and_supervised_at_its_second_red() -> None:
    one = begun()
    one.wait(timedelta(hours=1, minutes=30))
    assert one.names()[2:] == ["case.warned", "case.urged"]
    one.wait(timedelta(minutes=30))
    assert one.names()[4:] == ["case.overdue", "case.climbed"]
    one.wait(timedelta(days=1))
    assert one.names()[6:] == ["case.warned", "case.urged", "case.overdue", "case.supervised"]
    [slip] = one.case.course.slips
    assert slip.due == at("2026-11-30T10:00")
    one.wait(timedelta(days=30))
    assert one.names().count("case.supervised") == 1


def test_an_easy_one_is_only_warned_of() -> None:
    one = begun()
    one.do("reclassify", **{"class": "easy", "reason": "当场可办"})
    one.wait(timedelta(days=3))
    assert not {"case.urged", "case.supervised"} & set(one.names())
