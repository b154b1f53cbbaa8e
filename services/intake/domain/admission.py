"""What a body must hold to be an order at all, beyond its shape: a channel that exists, times and places that can be
meant, a callback that leads outside. Faults are (JSON pointer, sentence)."""

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from services.fabric.datum import BadPosition, ImpossiblePosition, check_position
from services.fabric.profile import Profile
from services.intake.domain.draft import Draft, GivenPosition

Fault = tuple[str, str]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
LONGEST_DUE = timedelta(days=3660)
_OWN_NAMES = ("localhost", "local", "internal", "localdomain")


def faults(draft: Draft, profile: Profile, now: datetime, dev: bool, ground: Sequence[Box] = ()) -> list[Fault]:
    """Empty for an order that can be taken. `dev`: callbacks may go to this machine. `ground`: what the overlays cover;
    a position outside it that would lie inside with its two numbers exchanged was swapped, wherever on earth."""
    found: list[Fault] = []
    if profile.channel(draft.channel) is None:
        channels = [channel.code for channel in profile.channels]
        found.append(("/channel", f"没有这个渠道，请用 {'、'.join(channels)} 之一"))
    if draft.kind is not None and profile.kind(draft.kind) is None:
        kinds = [kind.code for kind in profile.kinds]
        found.append(("/kind", f"没有这种诉求类型，请用 {'、'.join(kinds)} 之一"))
    found += _times(draft, now)
    if draft.position is not None:
        found += position_faults(draft.position) or _exchanged(draft.position, ground)
    if draft.callback_url is not None and not dev and leads_inside(draft.callback_url):
        found.append(("/callback_url", "回调地址不能是本机或内网地址，请填从外面能访问的地址"))
    return found


def position_faults(position: GivenPosition) -> list[Fault]:
    try:
        check_position(position.lon, position.lat)
    except BadPosition as error:
        high = isinstance(error, ImpossiblePosition) and abs(position.lon) <= 180 and not abs(position.lat) <= 90
        return [("/location/lat" if high else "/location/lon", str(error))]
    return []


def _exchanged(position: GivenPosition, ground: Sequence[Box]) -> list[Fault]:
    lon, lat = position.lon, position.lat
    if _on(ground, lat, lon) and not _on(ground, lon, lat):
        return [("/location/lon", "经度和纬度像是填反了，请把 lon 和 lat 对调。")]
    return []


def _on(ground: Sequence[Box], lon: float, lat: float) -> bool:
    return any(west <= lon <= east and south <= lat <= north for west, south, east, north in ground)


def _times(draft: Draft, now: datetime) -> Iterator[Fault]:
    # Compared before anything is computed with them: year 1 or 9999 can't be moved into another zone.
    if draft.reported_at < EARLIEST or draft.reported_at > now + AHEAD:
        yield "/reported_at", "反映时间要在 2000 年以后，且不能晚于现在一天以上，请核对"
        return
    if draft.source_due is None:
        return
    if draft.source_due < draft.reported_at:
        yield "/source_due", "来源时限早于反映时间，请核对"
    elif draft.source_due > draft.reported_at + LONGEST_DUE:
        yield "/source_due", "来源时限在反映时间十年以后，请核对"


def leads_inside(url: str) -> bool:
    """Whether the host names this machine or a private network, in whichever way of writing addresses."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if not host or host.rpartition(".")[2] in _OWN_NAMES:
        return True
    address = _address(host)
    if address is None:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_global


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:  # 127.1, 0x7f000001 and 2130706433 are addresses too for whoever connects to them
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None
