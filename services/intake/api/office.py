"""What every route stands on, and who may do what."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.intake.api.strangers import Strangers
from services.intake.attic import Attic
from services.intake.domain.lifecycle import ANSWERERS, DESK, REPORTERS, SUPERVISORS
from services.intake.errors import no_order
from services.intake.learner import Learner
from services.intake.links import Links
from services.intake.receipts import Receipts
from services.intake.reception import Reception
from services.intake.sealing import Sealer
from services.intake.sourcebook import SourceBook
from services.intake.usecases.commands import Command
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http.auth import allow
from services.kit.http.etags import IfMatch, wanted_version
from services.kit.keys import Caller
from services.kit.outbox import Outbox

REVEALERS = ("duty_desk", "supervisor")
AUDITORS = ("duty_desk", "supervisor", "auditor")
_ID = re.compile(r"ord_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Office:
    """`shipped` is the profile of this process's files. `dev`: callbacks may go to this machine."""

    db: Database
    outbox: Outbox
    sealer: Sealer
    clock: Clock
    copy: Copy[Fabric]
    reception: Reception
    sources: SourceBook
    learner: Learner
    links: Links
    attic: Attic
    receipts: Receipts
    strangers: Strangers
    shipped: Profile
    dev: bool

    @property
    def fabric(self) -> Fabric | None:
        return self.copy.current

    @property
    def profile(self) -> Profile:
        """That of the fabric, as soon as there is one."""
        return self.fabric.profile if self.fabric else self.shipped


async def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def checked_id(order_id: str) -> str:
    """An id that can't be one of ours is not looked for."""
    if not _ID.fullmatch(order_id):
        raise no_order()
    return order_id


def _commanded(*roles: str) -> Callable[..., object]:
    async def command(
        order_id: str,
        office: Annotated[Office, Depends(_office)],
        caller: Annotated[Caller, Depends(allow(*roles))],
        if_match: IfMatch = None,
    ) -> Command:
        return Command(checked_id(order_id), caller, office.clock.now(), wanted_version(if_match))

    return command


At = Annotated[Office, Depends(_office)]
AnyCaller = Annotated[Caller, Depends(allow())]
ByReporter = Annotated[Command, Depends(_commanded(*REPORTERS))]
ByDesk = Annotated[Command, Depends(_commanded(*DESK))]
ByRevealer = Annotated[Command, Depends(_commanded(*REVEALERS))]
Auditor = Annotated[Caller, Depends(allow(*AUDITORS))]
BySource = Annotated[Command, Depends(_commanded(*ANSWERERS))]
BySupervisor = Annotated[Command, Depends(_commanded(*SUPERVISORS))]
