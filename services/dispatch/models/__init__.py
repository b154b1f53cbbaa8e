"""The rows of dispatch: a case, its clocks, its timeline, and the orders in it. Times are aware."""

from services.dispatch.models.case import Case, Decided, Dispute, Entry
from services.dispatch.models.clocks import ClockKind, ClockRow
from services.dispatch.models.course import (
    Course,
    JointPart,
    Procedure,
    Request,
    Shelving,
    Slip,
    SlipLevel,
    SlipState,
)
from services.dispatch.models.follow_up import Meeting, MeetingKind, Rectification, RectifyState
from services.dispatch.models.orders import OrderLink

__all__ = [
    "Case",
    "ClockKind",
    "ClockRow",
    "Course",
    "Decided",
    "Dispute",
    "Entry",
    "JointPart",
    "Meeting",
    "MeetingKind",
    "OrderLink",
    "Procedure",
    "Rectification",
    "RectifyState",
    "Request",
    "Shelving",
    "Slip",
    "SlipLevel",
    "SlipState",
]
