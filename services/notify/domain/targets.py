"""Where a webhook may go: an http(s) address outside, or inside a network that the operator named."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LONGEST = 2048
EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_NAT64 = ip_network("64:ff9b::/96")


class WrongTarget(ValueError):
    """The sentence says what is wrong with the address."""


def read_target(target: str) -> httpx.URL:
    """WrongTarget for what is not a plain http(s) address."""
    if len(target) > LONGEST or not target.isprintable() or " " in target:
        raise WrongTarget("地址太长或有不可见字符，请改正")
    try:
        url = httpx.URL(target)
        host = url.host
    except (httpx.InvalidURL, ValueError):
        raise WrongTarget("地址读不懂，请填 https:// 开头的完整地址") from None
    if url.scheme not in ("http", "https") or not host:
        raise WrongTarget("只能向 http:// 或 https:// 开头的地址推送，请改正")
    if url.userinfo:
        raise WrongTarget("地址里不要带用户名和口令，请改用签名密钥核对来者")
    return url


def lane_of(target: str) -> str:
    """What shares a receiver's patience: host and port. The target itself where it can't be read."""
    try:
        url = read_target(target)
    except WrongTarget:
        return target[:200]
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def read_networks(listed: str) -> tuple[Network, ...]:
    """`10.0.0.0/8, fd00::/8`; ValueError names what can't be read."""
    return tuple(ip_network(part.strip()) for part in listed.split(",") if part.strip())


def literal(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def permitted(address: Address, allowed: Sequence[Network]) -> bool:
    """Public addresses, and those of the networks named by the operator; an IPv4 address inside an IPv6 one counts
    as itself."""
    real = _unwrapped(address)
    if any(real.version == network.version and real in network for network in allowed):
        return True
    return real.is_global and not real.is_multicast and not real.is_reserved


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address
