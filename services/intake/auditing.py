"""What must always hold in intake: the auditor's table."""

from datetime import datetime, timedelta

from services.intake.repository import auditing as repository
from services.kit.auditor import MOST, Finding, Rule
from services.kit.db import Tx


async def _cases(tx: Tx, now: datetime) -> list[Finding]:
    return [Finding(order, f"工单 {order} 受理了，没有立案") for order in await repository.without_case(tx, MOST)]


RULES: tuple[Rule, ...] = (Rule("orders_have_cases", "受理的工单五分钟内都在案件里", _cases, timedelta(minutes=5)),)
