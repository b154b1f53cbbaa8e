"""What somebody may do to a case as it is now: the table of states, without what this case rules out by itself."""

from collections.abc import Callable, Collection, Mapping

from services.dispatch.domain.clocks import find
from services.dispatch.domain.lifecycle import Standing, allowed_in
from services.dispatch.models import Case

Barred = Callable[[Case, Collection[Standing]], bool]


def _not_to_grant(case: Case, standing: Collection[Standing]) -> bool:
    """Nothing is asked for, or the district is to say."""
    request = case.course.request
    return request is None or (request.level == "district" and "district" not in standing)


def _asked(case: Case, standing: Collection[Standing]) -> bool:
    return case.course.request is not None


def _given_for_good(case: Case, standing: Collection[Standing]) -> bool:
    """By a ruling; or whoever has it sent it back before."""
    return case.dispute.bound or case.lead in case.dispute.returned_by


def _not_its_to_pass_on(case: Case, standing: Collection[Standing]) -> bool:
    return "dispatcher" not in standing and (case.dispute.bound or case.state == "open")


def _everybody_called(case: Case, standing: Collection[Standing]) -> bool:
    """Once it is closed only those are called who were still owed it then."""
    return case.state == "closed" and find(case.clocks, "callback") is None


_BARRED: Mapping[str, Barred] = {
    "approve": _not_to_grant,
    "refuse": _not_to_grant,
    "extend": _asked,
    "shelve": _asked,
    "return": _given_for_good,
    "transfer": _not_its_to_pass_on,
    "callback": _everybody_called,
}


def may_now(case: Case, standing: Collection[Standing]) -> list[str]:
    """In alphabetical order. What depends on the moment or on what is sent along is judged when it is tried."""
    return [
        action
        for action in allowed_in(case.state, standing)
        if (barred := _BARRED.get(action)) is None or not barred(case, standing)
    ]
