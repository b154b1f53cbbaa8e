"""What the desk corrected is kept for the next training; models are put in use and taken out again."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from services.fabric.profile import Profile
from services.intake.domain.learned.model import Model
from services.intake.domain.learned.modelfile import BadModel, read
from services.intake.domain.opinions import Learned
from services.intake.models import Order
from services.intake.repository import learning as repository
from services.intake.repository import rulings
from services.intake.repository.learning import Corrected
from services.intake.repository.rulings import Ruling
from services.kit.contracts.cases import CaseReassigned
from services.kit.db import Tx
from services.kit.keys import Caller
from services.kit.problems import Invalid

KEPT_SHOWN = 20
_LOOK_BACK = timedelta(days=1)
_MOST_STRANGERS = 20


def checked(raw: bytes, profile: Profile) -> Model:
    """Invalid for a file that is no model, or one whose labels mean nothing here. Nothing but the processor."""
    try:
        model = read(raw)
    except BadModel as bad:
        raise Invalid(str(bad)) from None
    learned = Learned(model, profile)
    if not learned.known:
        shown = "、".join(learned.strangers[:3])
        raise Invalid(f"模型的标签（{shown} 等）都不是本区的事项，请用事项编码或名称那一列重新训练")
    return model


async def put_in_use(tx: Tx, model: Model, raw: bytes, caller: Caller, now: datetime) -> None:
    about = asdict(model.about) | {"labels": len(model.labels), "grams": len(model.vocabulary)}
    await repository.put_in_use(tx, model.about.version, raw, about, caller.name, now)


async def told(tx: Tx, model: Model | None, profile: Profile, now: datetime) -> dict[str, Any]:
    """What is in use, how good it was when it was trained, and how much of the last day's orders it decided."""
    past = await repository.past(tx, KEPT_SHOWN)
    current = next((one for one in past if one["until"] is None), None)
    share = await repository.share(tx, now - _LOOK_BACK)
    by_file = None if model is None or current is not None else model
    about = asdict(by_file.about) if by_file else (current["about"] if current else None)
    learned = None if model is None else Learned(model, profile)
    return {
        "version": about["version"] if about else None,
        "from": "upload" if current else ("file" if by_file else None),
        "since": current["since"] if current else None,
        "by": current["by"] if current else None,
        "trained_at": about["trained_at"] if about else None,
        "rows": about["rows"] if about else None,
        "label": about["label"] if about else None,
        "scores": about["scores"] if about else None,
        "labels_known": learned.known if learned else 0,
        "labels_unknown": learned.strangers[:_MOST_STRANGERS] if learned else [],
        "last_day": share,
        "past": [one for one in past if one["until"] is not None],
    }


async def corrected(tx: Tx, before: Order, after: Order, caller: Caller, now: datetime) -> None:
    """Kept where a person named the matter: also what was right, for that is learned from as well."""
    found = after.classified
    if found is None or found.by != "desk":
        return
    held = before.classified
    await repository.correct(
        tx,
        Corrected(
            before.order_id,
            now,
            f"{before.title}\n{before.content}" if not before.content.startswith(before.title) else before.content,
            (held.sub or held.concern) if held else None,
            held.by if held else None,
            held.confidence if held else None,
            held.model if held else None,
            found.sub or found.concern,
            caller.name,
            caller.role,
        ),
    )


async def learn_rulings(tx: Tx, ruled: Sequence[CaseReassigned]) -> None:
    """The dispatcher's word on whose a matter is counts for all orders of its case; the last one of each case."""
    last = {body.case_id: body for body in ruled if body.lead is not None}
    await rulings.keep(
        tx,
        [
            Ruling(case_id, body.sequence, body.at, body.previous, body.lead)
            for case_id, body in last.items()
            if body.lead is not None
        ],
    )


def lines(found: Sequence[tuple[int, Corrected]]) -> list[dict[str, Any]]:
    return [asdict(one) | {"id": number, "at": one.at.isoformat()} for number, one in found]
