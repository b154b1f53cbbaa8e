"""One HTTP call to a receiver outside: to a permitted address only, once, with an end."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import httpcore

from services.notify.domain.retries import Answer
from services.notify.domain.targets import Network, WrongTarget, literal, permitted, read_target

READ_AT_MOST = 64 * 1024


class ForbiddenAddress(Exception):
    """The host is, or resolves to, an address that deliveries may not go to."""


class Caller(Protocol):
    async def post(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the receiver does."""
        ...

    async def close(self) -> None: ...


class HttpCaller:
    """Judges the very address it connects to, so that a name can't point elsewhere between look and call. Redirects
    are not followed, and of the answer's body no more than READ_AT_MOST bytes are read."""

    def __init__(self, timeout: float, connections: int, networks: Sequence[Network]) -> None:
        self._timeout = timeout
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=connections,
            keepalive_expiry=20.0,
            network_backend=_Guarded(networks),
        )

    async def post(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            url = read_target(target)
            where = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            async with asyncio.timeout(self._timeout):
                return await self._exchange(where, headers, body)
        except WrongTarget as error:
            return Answer(error=str(error), refused=True)
        except ForbiddenAddress:
            return Answer(error="地址在内网或不许推送的网段，请改用公网地址或请运维放行", refused=True)
        except (TimeoutError, httpcore.TimeoutException):
            return Answer(error=f"{self._timeout:.0f} 秒内没有答复")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return Answer(error=f"连不上：{type(error).__name__}")

    async def close(self) -> None:
        await self._pool.aclose()

    async def _exchange(self, where: httpcore.URL, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._pool.stream("POST", where, headers=list(headers.items()), content=body) as response:
            said = bytearray()
            async for chunk in response.aiter_stream():
                said += chunk
                if len(said) > READ_AT_MOST:
                    break
            named = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            heard = bytes(said) if response.status // 100 == 2 and len(said) <= READ_AT_MOST else b""
            return Answer(status=response.status, after=named.get(b"retry-after"), said=heard)


class _Guarded(httpcore.AsyncNetworkBackend):
    def __init__(self, networks: Sequence[Network]) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._networks = networks

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = ForbiddenAddress(host)
        for address in await permitted_addresses(host, self._networks):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def permitted_addresses(host: str, networks: Sequence[Network]) -> list[str]:
    """Where a name leads to now, without what is forbidden; empty when all of it is. OSError when it leads nowhere."""
    given = literal(host)
    if given is not None:
        return [str(given)] if permitted(given, networks) else []
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [text for text in addresses if (at := literal(text)) is not None and permitted(at, networks)]
