"""Who may call what: `Depends(allow(...))` on a route, or `authenticate` in a plain Starlette one."""

import math
import time
from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from services.kit.keys import Caller, Keys
from services.kit.passes import Passes, is_pass
from services.kit.problems import Forbidden, TooMany, Unauthenticated

# Strangers are told apart by their addresses, of which there is no end.
_MOST_BUCKETS = 10_000


class Buckets:
    """Token bucket for each key, on real time: `rate` a second, `burst` at once, twice the rate unless told."""

    def __init__(self, rate: float | None, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = burst if burst is not None else 2.0 * (rate or 0.0)
        self._held: dict[str, tuple[float, float]] = {}

    def take(self, key: str, cost: float = 1.0) -> None:
        if self._rate is None:
            return
        at = time.monotonic()
        tokens, since = self._held.get(key, (self._burst, at))
        tokens = min(self._burst, tokens + (at - since) * self._rate)
        if tokens < cost:
            wait = max(1, math.ceil((cost - tokens) / self._rate))
            raise TooMany(f"请求太密，请 {wait} 秒后再发", headers={"Retry-After": str(wait)})
        if len(self._held) >= _MOST_BUCKETS:
            self._forget(at)
        self._held[key] = (tokens - cost, at)

    def _forget(self, at: float) -> None:
        """Those that have filled up again stand as if they had never been; if most have not, all go."""
        assert self._rate is not None
        self._held = {
            key: (tokens, since)
            for key, (tokens, since) in self._held.items()
            if tokens + (at - since) * self._rate < self._burst
        }
        if len(self._held) > _MOST_BUCKETS // 2:
            self._held.clear()


class Gate:
    """On `app.state.gate`: verifies the bearer key, or the pass that stands for one, and its rate."""

    def __init__(self, keys: Keys, buckets: Buckets, passes: Passes) -> None:
        self._keys = keys
        self._buckets = buckets
        self._passes = passes

    async def admit(self, authorization: str | None) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("请在 Authorization 里带上 Bearer 密钥", headers={"WWW-Authenticate": "Bearer"})
        caller = await self._whose(token.strip())
        if caller is None:
            raise Unauthenticated("密钥不对或已停用，请向管理员要新的", headers={"WWW-Authenticate": "Bearer"})
        self._buckets.take(caller.key_id)
        return caller

    async def _whose(self, token: str) -> Caller | None:
        if not is_pass(token):
            return await self._keys.verify(token)
        digest = self._passes.read(token)
        return None if digest is None else await self._keys.standing(digest)


async def authenticate(request: Request) -> Caller:
    gate: Gate = request.app.state.gate
    return await gate.admit(request.headers.get("authorization"))


class _Door(SecurityBase):
    """On the page of the API: the bearer key. On a route: the caller."""

    model = HTTPBearer(description="密钥，由 duoge keys create 发给")
    scheme_name = "key"

    def __init__(self, roles: tuple[str, ...]) -> None:
        self._roles = roles

    async def __call__(self, request: Request) -> Caller:
        caller = await authenticate(request)
        require(caller, *self._roles)
        return caller


def allow(*roles: str) -> Callable[[Request], Awaitable[Caller]]:
    """The caller, when its role is one of `roles` (`admin` always is); no roles: any key."""
    return _Door(roles)


def require(caller: Caller, *roles: str) -> None:
    if roles and caller.role != "admin" and caller.role not in roles:
        raise Forbidden("这把密钥的角色不能做这件事，请换有权限的密钥")
