"""会商, pure: which cases wait for a meeting, and what was decided of them."""

from dataclasses import replace

from services.dispatch.domain.lifecycle import DONE, FINAL
from services.dispatch.models import Case, Meeting, MeetingKind

NAMES: dict[MeetingKind, str] = {"street": "街道会商", "study": "疑难件会诊"}


def waits_for(case: Case) -> MeetingKind | None:
    """The street's meeting where citizens were not content again; a hard case is studied once before it is done."""
    if case.course.to_meet is not None and case.state not in FINAL:
        return case.course.to_meet
    studied = any(meeting.kind == "study" for meeting in case.course.meetings)
    return "study" if case.case_class == "hard" and not studied and case.state not in DONE | FINAL else None


def held(case: Case, meeting: Meeting) -> Case:
    """With what it decided; the street's own meeting answers for a study as well."""
    to_meet = None if meeting.kind == case.course.to_meet else case.course.to_meet
    return replace(case, course=replace(case.course, to_meet=to_meet, meetings=(*case.course.meetings, meeting)))
