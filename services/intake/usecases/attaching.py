"""Orders that name uploaded attachments: one statement a batch to look, one to note, and none where nobody does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from services.intake.models import SourceId
from services.intake.repository import attachments as repository
from services.intake.repository import orders
from services.intake.repository.attachments import Attachment
from services.kit.db import Tx
from services.kit.problems import Problem, wrong_all

if TYPE_CHECKING:
    from services.intake.usecases.receiving import Prepared

Orders = dict[SourceId, "Prepared"]


async def known(tx: Tx, first: Orders) -> tuple[Orders, Mapping[SourceId, Problem]]:
    """The orders with what their attachments are, and a problem for each that names one which isn't its source's. An
    order that was received before is none of these: its attachments may have been deleted on time."""
    named = {one for prepared in first.values() for one in _named(prepared)}
    if not named:
        return first, {}
    held = await repository.held(tx, sorted(named))
    found: Orders = {}
    missing: dict[SourceId, Problem] = {}
    for source_id, prepared in first.items():
        unknown = [one for one in _named(prepared) if one not in held or held[one].source != source_id[0]]
        if unknown:
            missing[source_id] = _unknown(prepared, unknown)
        found[source_id] = _with_types(prepared, held)
    if missing:
        for source_id in await orders.remembered(tx, list(missing)):
            del missing[source_id]
    return {source_id: one for source_id, one in found.items() if source_id not in missing}, missing


async def use(tx: Tx, new: Sequence["Prepared"]) -> None:
    await repository.use(tx, [(one, prepared.claim.order.order_id) for prepared in new for one in _named(prepared)])


def _named(prepared: "Prepared") -> list[str]:
    attachments = prepared.claim.order.details.attachments
    return [one["attachment_id"] for one in attachments if "attachment_id" in one]


def _unknown(prepared: "Prepared", unknown: Sequence[str]) -> Problem:
    attachments = prepared.claim.order.details.attachments
    places = [place for place, one in enumerate(attachments) if one.get("attachment_id") in unknown]
    said = "没有这个附件，请先上传；太久没有工单用到的附件会被删除"
    return wrong_all((f"/attachments/{place}/attachment_id", said) for place in places)


def _with_types(prepared: "Prepared", held: Mapping[str, Attachment]) -> "Prepared":
    details = prepared.claim.order.details
    if not _named(prepared):
        return prepared
    shown = tuple(
        {**one, "media_type": held[one["attachment_id"]].media_type} if one.get("attachment_id") in held else one
        for one in details.attachments
    )
    order = replace(prepared.claim.order, details=replace(details, attachments=shown))
    return replace(prepared, claim=replace(prepared.claim, order=order))
