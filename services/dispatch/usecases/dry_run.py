"""A table tried on the cases of the past, before it is live: who would have changed hands, from whom to whom."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.dispatch.domain.rerouting import matter_of
from services.dispatch.domain.routing.decide import Decision, decide_many
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric

MOST_LISTED = 1000


def try_on(fabric: Fabric, table: RuleTable, before: RuleTable, cases: Sequence[Case], now: datetime) -> dict[str, Any]:
    """Both tables on the ground of now, at the time of day of each case, so that nothing but the rules differs. Only
    those that would be another's, or another class, are listed; `held_by` is who has the case now, whatever came since."""
    matters, came = [matter_of(case) for case in cases], [case.opened_at for case in cases]
    new, old = decide_many(fabric, table, matters, now, came), decide_many(fabric, before, matters, now, came)
    judged = list(zip(cases, new, old, strict=True))
    changed = [_item(fabric, case, after, was) for case, after, was in judged if _differs(after, was)]
    moves = Counter((was.lead, after.lead) for _, after, was in judged if after.lead != was.lead)
    return {
        "items": changed[:MOST_LISTED],
        "summary": {
            "orders": len(cases),
            "unreadable": 0,
            "changed": len(changed),
            "moved": sum(moves.values()),
            "fallback": sum(after.fallback for after in new),
            "fallback_before": sum(was.fallback for was in old),
            "moves": [
                {
                    "from": source,
                    "from_name": fabric.unit_name(source),
                    "to": target,
                    "to_name": fabric.unit_name(target),
                    "count": count,
                }
                for (source, target), count in moves.most_common()
            ],
            "leads": dict(Counter(after.lead for after in new).most_common()),
            "rules": dict(Counter(after.rule for after in new).most_common()),
            "since": min(came).isoformat() if came else None,
        },
    }


def _differs(after: Decision, was: Decision) -> bool:
    return (after.lead, after.assists, after.case_class) != (was.lead, was.assists, was.case_class)


def _item(fabric: Fabric, case: Case, after: Decision, was: Decision) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "title": "" if case.confidential else case.title,
        "opened_at": case.opened_at.isoformat(),
        "concern": case.matter,
        "held_by": case.lead,
        "lead": after.lead,
        "lead_name": fabric.unit_name(after.lead),
        "assists": list(after.assists),
        "class": after.case_class,
        "rule": after.rule,
        "reason": after.reason,
        "fallback": after.fallback,
        "changed": True,
        "before": {
            "lead": was.lead,
            "lead_name": fabric.unit_name(was.lead),
            "assists": list(was.assists),
            "class": was.case_class,
            "rule": was.rule,
        },
    }
