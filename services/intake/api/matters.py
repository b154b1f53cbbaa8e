"""Which orders belong together: candidates of one order, and what is proposed to the desk."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from services.intake.api.office import At, checked_id
from services.intake.errors import no_proposal
from services.intake.repository import proposals
from services.intake.schemas.matters import AlikeAnswer, ProposalAnswer, ProposalPage
from services.intake.usecases import joining
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.keys import Caller

router = APIRouter(tags=["并案"])
Desk = Annotated[Caller, Depends(allow("duty_desk"))]
Watcher = Annotated[Caller, Depends(allow("duty_desk", "supervisor"))]
_ID = re.compile(r"prp_[0-9a-f]{32}")


@router.get(
    "/orders/{order_id}/alike",
    summary="可能是同一件事的案件",
    response_model=AlikeAnswer,
    responses=refusals({404: "没有这件工单"}),
)
async def list_alike(order_id: str, office: At, caller: Watcher) -> JSONResponse:
    """在办的、可能是同一件事的案件，最像的在前，写明理由；地点不明的只按用词找。`sure` 是规则认为可以直接并案的。举报和要求保密的
    工单不参与。角色：duty_desk、supervisor、admin。"""
    async with office.db.reading() as tx:
        found = await joining.alike(tx, office.profile, caller, checked_id(order_id), office.clock.now())
    items = [
        {
            "case_id": one.near.matter_id,
            "score": one.score,
            "sure": one.sure,
            "reasons": list(one.reasons),
            "refused": one.refused,
            "place": one.near.sign.place,
            "words": one.near.sign.words,
        }
        for one in found
    ]
    return JSONResponse({"items": items})


@router.get("/proposals", summary="待确认的并案", response_model=ProposalPage)
async def list_proposals(
    office: At, caller: Watcher, limit: cursors.Limit = 100, cursor: cursors.Cursor = None
) -> JSONResponse:
    """像同一件事、又不够确定的，先提出的在前。同意用 `POST /intake/v1/orders/{order_id}/join`，不同意用 refuse。"""
    async with office.db.reading() as tx:
        found = await proposals.listing(tx, cursors.decode_moment(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    last = cursors.encode(page[-1].proposal.at.isoformat(), page[-1].proposal.id) if more else None
    return JSONResponse(cursors.page([_item(shown) for shown in page], last))


@router.post(
    "/proposals/{proposal_id}/refuse",
    summary="不是同一件事",
    response_model=ProposalAnswer,
    responses=refusals({404: "没有这条建议", 409: "已经并案"}),
)
async def refuse(proposal_id: str, office: At, caller: Desk) -> JSONResponse:
    """以后不再提出。角色：duty_desk、admin。"""
    if not _ID.fullmatch(proposal_id):
        raise no_proposal()
    async with office.db.transaction() as tx:
        await joining.refuse(tx, proposal_id, office.clock.now(), caller.name)
    return JSONResponse({"id": proposal_id, "state": "refused"})


def _item(shown: proposals.Shown) -> dict[str, object]:
    proposal, order = shown.proposal, shown.order
    return {
        "id": proposal.id,
        "order_id": order.order_id,
        "order_case_id": order.case_id,
        "title": order.title,
        "content": order.content,
        "address": order.address,
        "case_id": proposal.matter_id,
        "case_words": shown.words,
        "case_place": shown.place,
        "score": proposal.score,
        "reasons": list(proposal.reasons),
        "proposed_at": proposal.at.isoformat(),
    }
