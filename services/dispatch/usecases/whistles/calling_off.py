"""案件撤了，哨也就完了: what is left open for a case that is withdrawn is ended by the house itself, and those called hear it."""

from collections.abc import Mapping

from services.dispatch.domain.whistle import steps
from services.dispatch.repository import whistles as repository
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.snapshot import Fabric
from services.kit.db import Tx


async def call_off(tx: Tx, fabric: Fabric, record: Record, gone: Mapping[str, str]) -> None:
    """`gone`: case → what was said when it was withdrawn. The cases are locked and withdrawn in `record`, which is the
    caller's to write."""
    if not gone:
        return
    open_whistles = await repository.open_of(tx, gone)
    if not open_whistles:
        return
    telling = Telling(fabric, record, [record.case(case_id) for case_id in gone], open_whistles)
    for whistle in open_whistles:
        telling.add(steps.over(whistle, gone[whistle.subject]))
    await telling.store(tx)
