"""An action as it reaches its function: allowed by the table, by somebody who may; only its own matter is left to judge."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain.actors import Actor
from services.dispatch.domain.lifecycle import Standing, Transition
from services.dispatch.models import Case
from services.dispatch.schemas.cases import Asked
from services.dispatch.usecases.work import Work
from services.kit.masking import masked
from services.kit.problems import wrong

# In the record of what nobody gave a reason for: the outward contract demands none, the console does.
UNSTATED = "未说明原因"


@dataclass(frozen=True, slots=True)
class Act:
    """`unit` is the one that acts. Words taken through `words` are masked."""

    work: Work
    row: Transition
    asked: Asked
    actor: Actor
    unit: str | None
    standing: frozenset[Standing]

    @property
    def now(self) -> datetime:
        return self.work.now

    @property
    def who(self) -> str:
        return self.work.name(self.unit)

    def words(self, field: str, missing: str | None = None) -> str:
        """The field's words, masked; `missing`: what to say when it was left out."""
        given: str | None = getattr(self.asked, field)
        if not given:
            if missing is not None:
                raise wrong(f"/{field}", missing)
            return ""
        return masked(given)

    def noted(self, text: str) -> str:
        note = self.words("note")
        return f"{text}：{note}" if note else text

    def known_unit(self, field: str, missing: str) -> str:
        """A unit of the fabric; Invalid points at the field."""
        code: str | None = getattr(self.asked, field)
        if code is None:
            raise wrong(f"/{field}", missing)
        if self.work.fabric.unit(code) is None:
            raise wrong(f"/{field}", "没有这个单位，请核对单位编码")
        return code

    def future(self, field: str, missing: str) -> datetime:
        at: datetime | None = getattr(self.asked, field)
        if at is None:
            raise wrong(f"/{field}", missing)
        if at <= self.now:
            raise wrong(f"/{field}", "时间已经过去，请填以后的时间")
        return at

    def tell(self, case: Case, text: str, name: str | None = None, unit: str | None = None, **more: Any) -> Case:
        """The row's event, about the acting unit, unless said otherwise."""
        return self.work.record.add(
            case, name or self.row.event, text, actor=self.actor, unit=unit or self.unit, **more
        )


Do = Callable[[Act, Case], Case]
