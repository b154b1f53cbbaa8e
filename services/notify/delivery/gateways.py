"""Pages handed to the district's own gateways for SMS, 政务微信 and e-mail: one signed HTTP call for each."""

from collections.abc import Callable, Mapping
from datetime import datetime

import orjson
from standardwebhooks import Webhook

from services.notify.delivery.caller import Caller
from services.notify.domain.pages import PageKind
from services.notify.domain.retries import Answer
from services.notify.models import Outgoing
from services.notify.usecases.paging import Staff

CHINESE: Mapping[str, str] = {"sms": "短信", "wecom": "政务微信", "email": "邮件"}


class Gateways:
    """`addresses`: those that the operator configured. The number is looked up for each call and leaves with it only."""

    def __init__(
        self,
        caller: Caller,
        addresses: Mapping[PageKind, str],
        secret: str | None,
        staff: Staff,
        real: Callable[[], datetime],
    ) -> None:
        self._caller = caller
        self._addresses = addresses
        self._secret = secret
        self._staff = staff
        self._real = real

    async def send(self, outgoing: Outgoing) -> Answer:
        """The same `webhook-id` over all tries of one page: the gateway knows doubles by it."""
        kind = next((each for each in self._addresses if each == outgoing.kind), None)
        if kind is None:
            said = (
                f"unconfigured：没有配置{CHINESE[outgoing.kind]}网关，请运维设置 DUOGE_{outgoing.kind.upper()}_GATEWAY"
            )
            return Answer(error=said, hopeless=True)
        if self._staff.fabric is None:
            return Answer(error="还没有读到人员，稍后自动再试")
        data = orjson.loads(outgoing.event)["data"]
        to = self._staff.ways(data["unit"], data["person"]).get(kind)
        if to is None:
            whose = "人员卡" if data["person"] else "单位的联系方式"
            return Answer(error=f"unconfigured：{whose}里没有能用的{CHINESE[kind]}号码或地址，请补上", hopeless=True)
        body = orjson.dumps({"id": outgoing.message_id, "channel": kind, "to": to, **data})
        return await self._caller.post(self._addresses[kind], self._headers(outgoing, body), body)

    async def close(self) -> None:
        await self._caller.close()

    def _headers(self, outgoing: Outgoing, body: bytes) -> dict[str, str]:
        at = self._real()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "duoge-notify/1",
            "webhook-id": outgoing.message_id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        if self._secret is not None:
            headers["webhook-signature"] = Webhook(self._secret).sign(outgoing.message_id, at, body.decode())
        return headers
