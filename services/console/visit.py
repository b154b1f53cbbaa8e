"""Who is looking, at which console."""

from dataclasses import dataclass

from starlette.requests import Request

from services.console.domain.visibility import Scope
from services.console.domain.wording import ROLES
from services.console.room import Room
from services.kit.keys import Caller

VISIT = "duoge.visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """Put into the request's scope by the desk, which has looked at the session."""

    room: Room
    token: str
    caller: Caller

    @property
    def scope(self) -> Scope:
        return self.room.scope(self.caller)

    @property
    def signature(self) -> str:
        """`真如派出所 · 部门`: whom the page is for."""
        who = self.room.words.unit(self.caller.unit) if self.caller.unit else self.caller.name
        return f"{who} · {ROLES.get(self.caller.role, self.caller.role)}"

    async def over(self) -> bool:
        """Whether the session has ended meanwhile: its time, a sign-out elsewhere, a revoked key."""
        return await self.room.sessions.caller(self.token) is None


def visit_of(request: Request) -> Visit:
    visit: Visit = request.scope[VISIT]
    return visit
