"""Those who come without a key: told apart by their address, and let in only so often."""

import ipaddress
from dataclasses import dataclass

from starlette.requests import Request

from services.kit.http.auth import Buckets


def address_of(request: Request) -> str:
    """Of whoever asks: behind our gateway the one that the gateway saw, which it adds last."""
    peer = request.client.host if request.client else ""
    seen = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return seen if seen and inside(peer) else peer


def inside(peer: str) -> bool:
    """Whether the other end is on our own network, as the gateway is."""
    try:
        return not ipaddress.ip_address(peer).is_global
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Strangers:
    """`looking` counts pages and receipts, `acting` whatever is said by a receipt, `reporting` forms that are sent."""

    looking: Buckets
    acting: Buckets
    reporting: Buckets

    def look(self, request: Request) -> None:
        """TooMany, as the others."""
        self.looking.take(self._whose(request))

    def act(self, request: Request) -> None:
        self.look(request)
        self.acting.take(self._whose(request))

    def report(self, request: Request) -> None:
        self.look(request)
        self.reporting.take(self._whose(request))

    def _whose(self, request: Request) -> str:
        """Whoever has one address of IPv6 has the 2^64 of its network."""
        address = address_of(request)
        try:
            told = ipaddress.ip_address(address)
        except ValueError:
            return address
        return str(ipaddress.ip_network((told, 64), strict=False)) if told.version == 6 else address


def strangers(per_second: int, per_hour: int, dev: bool) -> Strangers:
    """`per_hour`: how many forms an address may send, a third of them at once; it may add to receipts ten times as
    often. `dev`: nobody is held up."""
    if dev:
        return Strangers(Buckets(None), Buckets(None), Buckets(None))
    slow = per_hour / 3600
    return Strangers(
        Buckets(per_second, per_second * 4.0),
        Buckets(slow * 10, max(5.0, per_hour / 2)),
        Buckets(slow, max(3.0, per_hour / 3)),
    )
