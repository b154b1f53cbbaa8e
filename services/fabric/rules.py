"""The parts of a profile that say how orders, cases and whistles are treated."""

from datetime import time
from typing import Any, Literal

from pydantic import Field, model_validator

from services.fabric.component_kinds import KIND_CODE
from services.fabric.spans import Span
from services.fabric.taxonomy import RAISED, CaseClass, Part

Measure = Literal["households", "people", "workers_per_10000_residents", "equipment"]


class Home(Part):
    """The place the profile is for, in the words that addresses use; other districts' addresses are told by them.
    `neighbours`: districts around, which people also write without 区."""

    province: str = ""
    city: str
    district: str
    street: str = ""
    neighbours: tuple[str, ...] = ()


class Level(Part):
    """A rung. `also`: other levels of units as high as this one, code → name, at which no case stops by itself: a village
    where a community stands."""

    code: str
    name: str
    also: dict[str, str] = Field(default_factory=dict)


class Extension(Part):
    """`times` a case may be extended, each by at most `days` working days; `approval` is the level that must agree."""

    times: int = Field(ge=0)
    days: float = Field(ge=0)
    approval: str | None = None


class ClassRules(Part):
    """The clocks of a class of case; every one runs from dispatch. None: the class has no such clock."""

    name: str
    sign: Span
    contact: Span
    on_site: Span | None = None
    resolve: Span
    extension: Extension


class Overrides(Part):
    """What a concern or sub-concern sets for itself, in one class or in all."""

    concern: str
    case_class: CaseClass | None = Field(default=None, alias="class")
    sign: Span | None = None
    contact: Span | None = None
    on_site: Span | None = None
    resolve: Span | None = None
    extension: Extension | None = None

    def spans(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in type(self).model_fields if name not in ("concern", "case_class")}
        return {name: value for name, value in told.items() if value is not None}


class Hold(Part):
    """A matter whose lead stands at `level` stays there for `span` at most and then climbs."""

    level: str
    span: Span
    climbs_to: str


class Returns(Part):
    """退单: within `window` of dispatch, at most `most` times; `to_source` is the window of the source's own orders."""

    most: int = Field(ge=0)
    window: Span
    to_source: Span
    reasons: dict[str, str]


class AfterResolve(Part):
    """核查, 回访, 回头看. The recheck falls at an unpredictable time between its two ends; of closed cases the share
    `recheck_share` (0–1) is looked at again. `verifiers`: who looks at a result, the first that is not the doer: an
    overlay (whoever's grid it is), `operation` or `district`."""

    verify: Span
    callback: Span
    callback_tries: int = Field(ge=1)
    recheck_from: Span
    recheck_to: Span
    close_when_silent: Span
    recheck_share: float = Field(default=1, ge=0, le=1)
    verifiers: tuple[str, ...] = ("comprehensive", "operation", "district")


class EvidenceRule(Part):
    """What must be attached to resolve; an empty concern holds for all of the class, an empty class for every class."""

    concern: str = ""
    case_class: CaseClass | None = Field(default=None, alias="class")
    needs: tuple[str, ...]


class OrderKind(Part):
    """诉求类型. What is not `accepted` is recorded and passed on, with no case; `confidential`: to the lead alone."""

    code: str
    name: str
    accepted: bool = True
    confidential: bool = False
    counted: bool = True
    words: tuple[str, ...] = ()


class DeclineReason(Part):
    """不予受理情形. Any one of `words` in the text raises it unless one of `unless` is there as well; `hand_over`:
    never just refused but passed on at once and kept until acknowledged. `tell` is what the reporter reads: why, and
    where to go."""

    code: str
    name: str
    tell: str
    words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    hand_over: bool = False

    def speaks_in(self, text: str) -> str | None:
        """The first of its words found in the text; None when there is none, or one of `unless`."""
        if any(word in text for word in self.unless):
            return None
        return next((word for word in self.words if word in text), None)


class HandoverService(Part):
    """Whose matter it is where one of `words` stands in the text: the unit whose grid of `overlay` holds the place, else the
    first unit of `role`. `source` is the external system that may acknowledge."""

    code: str
    name: str
    role: str | None = None
    overlay: str | None = None
    source: str | None = None
    words: tuple[str, ...] = ()


class Handover(Part):
    """移交: what goes to which of `services`, the first one where no words tell; `takes` names what 110 hands to us. A handover
    without a receipt is sent again after `every`, each time after twice as long (a day at most), and raised to the desk
    at the `raise_after`th sending."""

    services: tuple[HandoverService, ...] = (HandoverService(code="110", name="110"),)
    takes: tuple[str, ...] = ()
    every: Span = Span(amount=5, unit="minutes", time="24x7")
    raise_after: int = Field(default=3, ge=1)

    def service_for(self, text: str) -> HandoverService:
        named = (service for service in self.services if any(word in text for word in service.words))
        return next(named, self.services[0])

    @model_validator(mode="after")
    def _named(self) -> "Handover":
        if not self.services or self.every.amount <= 0:
            raise ValueError("移交至少要有一个去处，间隔要大于零，请补上。")
        return self


class Marks(Part):
    """What the source's marks do: the class that a 督办 order, an urgent one (one of `urgent_words`) or a repeated one has at least."""

    supervised: CaseClass | None = None
    urgent: CaseClass | None = None
    repeated: CaseClass | None = None
    urgent_words: tuple[str, ...] = ()

    def least(self, supervised: bool, urgency: str | None, repeated: bool) -> CaseClass | None:
        """The strictest of those that apply; emergency never comes of a mark alone unless the profile says so."""
        given = (
            self.supervised if supervised else None,
            self.urgent if urgency is not None and urgency in self.urgent_words else None,
            self.repeated if repeated else None,
        )
        return max((one for one in given if one is not None), key=RAISED.index, default=None)


class Channel(Part):
    """`can_refuse`: the street may decline its orders itself; else it returns them to the source with a reason. `level`: the
    rung of the ladder that raises what comes by it, where one does."""

    code: str
    name: str
    level: str | None = None
    callback_by: Literal["source", "us"] = "us"
    can_refuse: bool = True


class Rate(Part):
    code: str
    name: str
    over: str
    of: str
    weight: float = Field(ge=0, le=1)


class Rates(Part):
    """三率. `fair` is what an answer of 一般 counts for (0–1) among the satisfied; `excluded`: the grounds for 剔除."""

    rates: tuple[Rate, ...]
    formula: str
    fair: float = Field(ge=0, le=1)
    small_sample: int = Field(ge=1)
    excluded: dict[str, str]

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> "Rates":
        if abs(sum(rate.weight for rate in self.rates) - 1) > 1e-9:
            raise ValueError("各率权重之和要等于 1，请改权重。")
        return self


class Norm(Part):
    """A standard, held against every grid of `overlay`: `least`, `most` bound the `measure`, which is its `households`;
    `people` who work there as one of `kinds` (the roles of people and postings, in Chinese); the same to ten thousand
    `residents`, of each grid and of all together; or the `equipment` it must have, `items` being properties of the grid →
    what they are called (all of them, unless `least`). `stated` is the property that says how many people there are where
    the registry knows none by name."""

    code: str
    text: str
    measure: Measure
    overlay: str | None = None
    kinds: tuple[str, ...] = ()
    stated: str | None = None
    items: dict[str, str] = Field(default_factory=dict)
    least: float | None = None
    most: float | None = None


class Step(Part):
    """A step of the 五步闭环 and the event types that belong to it; `order.*` is the whole family."""

    code: str
    name: str
    events: tuple[str, ...]


class OwnKind(Part):
    """A kind of component that the city has besides the built-in ones; `names` as inventories and people write it."""

    code: str = Field(pattern=rf"^{KIND_CODE}$")
    names: tuple[str, ...] = Field(min_length=1)


class WorkingHours(Part):
    opens: time = Field(default=time(9), strict=True)
    closes: time = Field(default=time(17), strict=True)


class Thresholds(Part):
    """Confidences are 0–1; below them an order goes to triage."""

    triage_concern: float = Field(default=0.5, ge=0, le=1)
    triage_address: float = Field(default=0.5, ge=0, le=1)
    guess_kind: float = Field(default=0.6, ge=0, le=1)
    mismatch_metres: float = Field(default=500, gt=0)
    nearest_metres: float = Field(default=50, ge=0)
    owner_metres: float = Field(default=30, ge=0, le=1000)
    estate_metres: float = Field(default=100, ge=0, le=1000)
    recurrence_days: int = Field(default=30, ge=0)
    group_orders: int = Field(default=5, ge=2)
    join_metres: float = Field(default=150, ge=0)
    join_days: int = Field(default=15, ge=0)


class Role(Part):
    """How a kind of unit is found by the words that people and rule tables use: named `units` first, else units of one
    of `kinds`, else those whose name holds one of `words`."""

    code: str
    name: str
    units: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
