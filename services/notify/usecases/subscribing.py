"""Subscriptions made and ended."""

from collections.abc import Sequence
from datetime import datetime

from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.keys import Caller
from services.kit.problems import wrong
from services.notify.delivery.caller import permitted_addresses
from services.notify.domain.filters import unknown_types
from services.notify.domain.targets import Network, WrongTarget, read_target
from services.notify.models import Subscription
from services.notify.repository import deliveries, subscriptions
from services.notify.schemas import NAMES, SubscriptionIn
from services.notify.secrets import Secrets, readable


async def check(wanted: SubscriptionIn, networks: Sequence[Network]) -> None:
    """Invalid, with what to mend. A name that can't be looked up now is judged when something is sent."""
    if wanted.kind != "webhook":
        raise wrong("/kind", "现在只支持 webhook，请改用 webhook，或直接读取单位的事件")
    unknown = unknown_types(wanted.filter.types, NAMES)
    if unknown:
        raise wrong("/filter/types", f"没有 {'、'.join(unknown)} 这种事件，请对照事件说明改正")
    if wanted.secret is not None and not readable(wanted.secret):
        raise wrong("/secret", "密钥要是 whsec_ 加 24 到 64 字节的 base64，或去掉 secret 由系统生成")
    try:
        url = read_target(wanted.target)
    except WrongTarget as error:
        raise wrong("/target", str(error)) from None
    try:
        addresses = await permitted_addresses(url.host, networks)
    except OSError:
        return
    if not addresses:
        raise wrong("/target", "地址在内网或本机，不能推送，请改用公网地址，或请运维放行所在网段")


async def subscribe(
    tx: Tx, secrets: Secrets, wanted: SubscriptionIn, caller: Caller, now: datetime
) -> tuple[Subscription, str]:
    """(the subscription, its secret: the only time that anybody sees it)."""
    subscription_id = new_id("sub")
    given = wanted.secret
    subscription = Subscription(
        id=subscription_id,
        unit=wanted.unit,
        kind=wanted.kind,
        target=wanted.target,
        filter=wanted.filter.as_filter(),
        created_at=now,
        created_by=caller.name,
        sealed_secret=None if given is None else secrets.seal(subscription_id, given),
    )
    await subscriptions.add(tx, subscription)
    return subscription, secrets.of(subscription)


async def unsubscribe(tx: Tx, subscription: Subscription, real_now: datetime) -> None:
    """What waits for it is cancelled; what is on its way is let go."""
    await subscriptions.remove(tx, subscription.id)
    await deliveries.cancel(tx, [subscription.id], real_now)
