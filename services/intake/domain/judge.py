"""What becomes of a new order: accepted, triaged, declined with where to go, or only noted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.fabric.profile import Profile
from services.fabric.rules import DeclineReason
from services.fabric.snapshot import Fabric
from services.intake.domain.classify import READ_FROM_TEXT, Classified, classifier_of
from services.intake.domain.draft import Draft
from services.intake.domain.kinds import guess_kind, sure_kind
from services.intake.domain.learned.model import Model
from services.intake.domain.locate import HowFound, Located, locate
from services.intake.domain.opinions import learned_of
from services.intake.domain.weighing import weigh

OUTSIDE = "outside"
# Unlike the others these show only that the text says little; a matter that is clear in spite of them counts.
_OVERRULED_BY_A_MATTER = ("no_clear_matter", "abuse")
_TRIAGE_SAID = {
    "place_unclear": "地点不够明确，已转人工研判，请补充具体地址或定位",
    "concern_unclear": "事项类型不够明确，已转人工研判",
    "decline_proposed": "可能属于不予受理情形（{name}），已转人工研判，拟退回来源",
    "appeal": "已收到申诉，转人工复核",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is the order's; `reason` a stable code, `said` the sentence for the reporter. Nothing is located or
    classified while there is no fabric."""

    status: Literal["received", "accepted", "triage", "declined", "closed"]
    reason: str | None = None
    said: str | None = None
    located: Located | None = None
    classified: Classified | None = None
    kind: str | None = None
    confidential: bool = False


WAITING = Verdict("received", said="已收到，等网格数据到位后受理")


def judge(
    fabric: Fabric | None,
    drafts: Sequence[Draft],
    at: datetime,
    how: HowFound = "coordinates",
    by: Literal["source", "desk"] = "source",
    reviewed: bool = False,
    model: Model | None = None,
) -> list[Verdict]:
    """One for each draft. Before there is any fabric an order waits: it is never declined for that. `how` says who gave
    the coordinates, `by` who named the concern; what a person has `reviewed` is not declined for its words. `model`:
    what the district's own ledger taught, heard beside the words."""
    if fabric is None or fabric.empty:
        return [WAITING] * len(drafts)
    classifier = classifier_of(fabric.profile)
    opinions = [None] * len(drafts) if model is None else learned_of(model, fabric.profile).opinions(drafts)
    return [
        _verdict(fabric.profile, draft, located, classifier.classify(draft.text, draft.concern, by, opinion), reviewed)
        for draft, located, opinion in zip(drafts, locate(fabric, drafts, at, how), opinions, strict=True)
    ]


def triage_said(reason: str, name: str = "") -> str:
    return _TRIAGE_SAID[reason].format(name=name)


def _verdict(profile: Profile, draft: Draft, located: Located, classified: Classified, reviewed: bool) -> Verdict:
    text = draft.text
    guess = guess_kind(profile, text)
    kind = draft.kind or _confidential_kind(profile, text) or sure_kind(profile, guess)
    known = profile.kind(kind) if kind else None
    confidential = draft.reporter.confidential or bool(known and known.confidential)

    weight = weigh(profile, draft, classified, kind)
    weighed = replace(
        classified,
        case_class=weight.case_class,
        urgency=weight.urgency,
        reasons=weight.reasons,
        kind_guess=guess,
    )

    def so(
        status: Literal["accepted", "triage", "declined", "closed"], reason: str | None, said: str | None
    ) -> Verdict:
        return Verdict(status, reason, said, located, weighed, kind, confidential)

    if located.known and not located.inside:
        outside = profile.decline(OUTSIDE)
        return so("declined", OUTSIDE, outside.tell if outside else "地点不在本区域内，请向当地反映。")
    if classified.emergency:
        # Whatever else is unsure, the place too: the street holds it and asks while help is on its way.
        return so("accepted", None, _emergency_said(profile) if classified.handed_over else None)
    if known is not None and not known.accepted:
        return so("closed", "noted", f"{known.name}已登记并转告，不再立案")
    refused = None if reviewed else _refused(profile, text, classified)
    if refused is not None:
        channel = profile.channel(draft.channel)
        if channel is None or channel.can_refuse:
            return so("declined", refused.code, refused.tell)
        return so("triage", "decline_proposed", triage_said("decline_proposed", refused.name))
    if not located.known:
        return so("triage", "place_unclear", triage_said("place_unclear"))
    if classified.by in READ_FROM_TEXT and classified.confidence < profile.thresholds.triage_concern:
        return so("triage", "concern_unclear", triage_said("concern_unclear"))
    return so("accepted", None, None)


def _refused(profile: Profile, text: str, classified: Classified) -> DeclineReason | None:
    """The reason to decline that the words show; where the source itself named the matter, only the plain ones count."""
    clear = classified.by not in READ_FROM_TEXT or classified.confidence >= profile.thresholds.triage_concern
    for reason in profile.declines:
        if reason.hand_over or (clear and reason.code in _OVERRULED_BY_A_MATTER):
            continue
        if reason.speaks_in(text):
            return reason
    return None


def _confidential_kind(profile: Profile, text: str) -> str | None:
    """A 举报 is recognised also where the source did not say so: missing it would expose who reported."""
    return next((k.code for k in profile.kinds if k.confidential and any(word in text for word in k.words)), None)


def _emergency_said(profile: Profile) -> str | None:
    return next((reason.tell for reason in profile.declines if reason.hand_over), None)
