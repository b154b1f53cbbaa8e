"""An order's own words again, for judging it anew: from the sealed row back to a draft."""

from typing import Any

from services.intake.domain.draft import Draft, GivenPosition, Reporter
from services.intake.models import Order


def redraft(order: Order, words: dict[str, Any]) -> Draft:
    """`words` as they were sealed. Nothing about the reporter but the wish for confidence."""
    position = words["position"]
    return Draft(
        order_id=order.order_id,
        source=order.source,
        external_id=order.external_id,
        channel=order.channel,
        title=words["title"],
        content=words["content"],
        reported_at=order.reported_at,
        position=GivenPosition(*position) if position else None,
        address=words["address"],
        reporter=Reporter(anonymous=order.details.anonymous, confidential=order.details.confidential),
        kind=order.kind,
        concern=order.details.concern_given,
        sandbox=order.details.sandbox,
    )
