"""The Chinese sentences of an order's own steps."""

from services.fabric.profile import Profile
from services.intake.domain.judge import Verdict
from services.intake.models import Order


def received(profile: Profile | None, order: Order) -> str:
    channel = profile.channel(order.channel) if profile else None
    return f"收到{channel.name}工单：{order.title}" if channel else f"收到工单：{order.title}"


def decided(profile: Profile, order: Order, verdict: Verdict) -> str:
    """Of an order that is accepted, declined or in triage."""
    if verdict.status == "declined":
        return f"不予受理：{verdict.said}"
    if verdict.status != "accepted" or verdict.classified is None:
        return verdict.said or "已转人工研判"
    classified, located = verdict.classified, verdict.located
    what = profile.concern_name(classified.sub or classified.concern)
    where = order.address or (located.name if located else None)
    urgent = "紧急，" if classified.emergency else ""
    said = f"{urgent}已受理：{what}，{where}" if where else f"{urgent}已受理：{what}"
    return f"{said}。{verdict.said}" if verdict.said else said
