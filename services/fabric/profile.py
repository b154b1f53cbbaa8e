"""A city's profile: everything that cities do differently, as data. Read from TOML, checked at load, versioned; it
travels on the compacted topic as JSON, so that every service works by the same one."""

import tomllib
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from services.fabric.calendar import WorkingCalendar
from services.fabric.component_kinds import ComponentKind, Kinds
from services.fabric.rules import (
    AfterResolve,
    Channel,
    ClassRules,
    DeclineReason,
    EvidenceRule,
    Hold,
    Home,
    Level,
    Norm,
    OrderKind,
    Overrides,
    OwnKind,
    Rates,
    Returns,
    Role,
    Step,
    Thresholds,
    WhistleKind,
    WhistleMatter,
    WhistleRules,
    WorkingHours,
)
from services.fabric.spans import YellowRule
from services.fabric.taxonomy import (
    OTHER,
    CaseClass,
    Concern,
    Grades,
    LexiconEntry,
    Part,
    SubConcern,
    lexicon,
)

# Beside the package, in a checkout as well as in the image.
FOLDER = Path(__file__).resolve().parents[2] / "profiles"


class BadProfile(ValueError):
    """The file is not there or not a valid profile; the message names each place that is wrong."""


class Profile(Part):
    name: str
    title: str
    version: int = Field(ge=1)
    home: Home
    ladder: tuple[Level, ...] = Field(min_length=2)
    overlays: dict[str, str]
    categories: dict[str, str]
    grades: Grades = Grades()
    concerns: tuple[Concern, ...]
    classes: dict[CaseClass, ClassRules]
    overrides: tuple[Overrides, ...] = ()
    hold: Hold
    yellow: YellowRule = YellowRule()
    returns: Returns
    after_resolve: AfterResolve
    evidence: tuple[EvidenceRule, ...] = ()
    kinds: tuple[OrderKind, ...]
    declines: tuple[DeclineReason, ...]
    channels: tuple[Channel, ...]
    whistle: WhistleRules
    whistle_kinds: tuple[WhistleKind, ...]
    whistle_matters: tuple[WhistleMatter, ...] = ()
    rates: Rates
    norms: tuple[Norm, ...] = ()
    steps: tuple[Step, ...]
    hours: WorkingHours = WorkingHours()
    thresholds: Thresholds = Thresholds()
    roles: tuple[Role, ...] = ()
    component_kinds: tuple[OwnKind, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> "Profile":
        for what, codes in (
            ("层级", [level.code for level in self.ladder]),
            ("事项", [concern.code for concern in self.concerns]),
            ("诉求类型", [kind.code for kind in self.kinds]),
            ("不予受理情形", [reason.code for reason in self.declines]),
            ("渠道", [channel.code for channel in self.channels]),
            ("哨型", [kind.code for kind in self.whistle_kinds]),
            ("角色", [role.code for role in self.roles]),
        ):
            doubled = {code for code in codes if codes.count(code) > 1}
            if doubled:
                raise ValueError(f"{what} {'、'.join(sorted(doubled))} 写了两次，请只留一处。")
        if OTHER not in self._concern_by_code:
            raise ValueError("事项里缺少 OTHER（其他），请补上。")
        levels = {level.code for level in self.ladder}
        loose = [
            *(f"事项 {c.code} 的类别 {c.category}" for c in self.concerns if c.category not in self.categories),
            *(f"类别规则 {c.case_class}" for c in self.concerns if c.case_class not in self.classes),
            *(f"单独时限的事项 {o.concern}" for o in self.overrides if not self._known(o.concern)),
            *(f"证据规则的事项 {e.concern}" for e in self.evidence if e.concern and not self._known(e.concern)),
            *(f"层级 {x}" for x in (self.hold.level, self.hold.climbs_to) if x not in levels),
            *(f"哨型 {m.kind}" for m in self.whistle_matters if m.kind not in {k.code for k in self.whistle_kinds}),
            *(f"部件类别 {kind}" for kind in self._kinds_asked if not self.things.known(kind)),
            *(f"图层 {n.overlay}" for n in self.norms if n.overlay and n.overlay not in self.overlays),
        ]
        if loose:
            raise ValueError(f"{loose[0]} 没有定义，请补上或改正。")
        return self

    def _known(self, code: str) -> bool:
        return code in self._concern_by_code or code in self._sub_by_code

    @cached_property
    def _clocks(self) -> dict[tuple[CaseClass, str], ClassRules]:
        """What `clocks` has answered."""
        return {}

    @cached_property
    def _concern_by_code(self) -> dict[str, Concern]:
        return {concern.code: concern for concern in self.concerns}

    @cached_property
    def _sub_by_code(self) -> dict[str, SubConcern]:
        return {sub.code: sub for concern in self.concerns for sub in concern.subs}

    @cached_property
    def _kinds_asked(self) -> tuple[str, ...]:
        return tuple(kind for sub in self._sub_by_code.values() for kind in sub.components or ())

    @cached_property
    def things(self) -> Kinds:
        """The kinds of components that the city knows."""
        return Kinds(ComponentKind(kind.code, kind.names) for kind in self.component_kinds)

    @cached_property
    def lexicon(self) -> tuple[LexiconEntry, ...]:
        return lexicon(self.concerns, self.grades)

    def concern(self, code: str) -> Concern:
        """By the code of a concern or of one of its subs; a code that is not the profile's is OTHER."""
        return self._concern_by_code.get(code.split(".")[0], self._concern_by_code[OTHER])

    def sub(self, code: str) -> SubConcern | None:
        return self._sub_by_code.get(code)

    def concern_name(self, code: str) -> str:
        """`噪声与油烟扰民·卸货噪声` for a sub, the concern's own name otherwise."""
        sub = self.sub(code)
        return f"{self.concern(code).name}·{sub.name}" if sub else self.concern(code).name

    def clocks(self, case_class: CaseClass, code: str) -> ClassRules:
        """The class's clocks with what the concern, then its sub, sets for itself."""
        held = self._clocks.get((case_class, code))
        if held is None:
            held = self.classes[case_class]
            wanted = (code.split(".")[0], code)
            for override in self.overrides:
                if override.concern in wanted and override.case_class in (None, case_class):
                    held = held.model_copy(update=override.spans())
            self._clocks[case_class, code] = held
        return held

    def level_above(self, code: str) -> str | None:
        """The next rung of the ladder; None at the top and for a level that is not on it."""
        codes = [level.code for level in self.ladder]
        if code not in codes[:-1]:
            return None
        return codes[codes.index(code) + 1]

    def rank(self, level: str) -> int:
        """Height on the ladder, 0 lowest; -1 for a level that is not on it."""
        codes = [rung.code for rung in self.ladder]
        return codes.index(level) if level in codes else -1

    def level_name(self, code: str) -> str:
        return next((level.name for level in self.ladder if level.code == code), code)

    def overlay_name(self, code: str) -> str:
        return self.overlays.get(code, code)

    def channel(self, code: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.code == code), None)

    def kind(self, code: str) -> OrderKind | None:
        return next((kind for kind in self.kinds if kind.code == code), None)

    def decline(self, code: str) -> DeclineReason | None:
        return next((reason for reason in self.declines if reason.code == code), None)

    def whistle_kind(self, code: str) -> WhistleKind | None:
        return next((kind for kind in self.whistle_kinds if kind.code == code), None)

    def role(self, code: str) -> Role | None:
        return next((role for role in self.roles if role.code == code), None)

    def step_of(self, event: str) -> Step | None:
        """The step of the 五步闭环 that an event type such as `case.opened` belongs to; an exact name goes before a
        family."""
        family = event.split(".")[0] + ".*"
        for wanted in (event, family):
            for step in self.steps:
                if wanted in step.events:
                    return step
        return None

    def calendar(self) -> WorkingCalendar:
        """The profile's hours on the published calendar, before the operator's own days are added."""
        return WorkingCalendar(opens=self.hours.opens, closes=self.hours.closes)


def find_profile(name: str, folder: Path = FOLDER) -> Profile:
    """The profile of the file `name`.toml. Raises BadProfile."""
    file = folder / f"{name}.toml"
    if "/" in name or not file.is_file():
        there = "、".join(sorted(known.stem for known in folder.glob("*.toml"))) or "（一个也没有）"
        raise BadProfile(f"找不到城市方案 {name}，请把 DUOGE_PROFILE 设成 {there} 之一")
    return load_profile(file)


def load_profile(path: Path) -> Profile:
    """Raises BadProfile with a sentence for each fault."""
    return parse_profile(path.read_bytes(), path.name)


def parse_profile(content: bytes, file: str = "profile") -> Profile:
    try:
        return Profile.model_validate(tomllib.loads(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise BadProfile(f"{file} 不是 UTF-8 编码，请另存为 UTF-8。") from error
    except tomllib.TOMLDecodeError as error:
        raise BadProfile(f"{file} 不是有效的 TOML（{error}），请改正。") from error
    except ValidationError as error:
        faults = "；".join(f"{'.'.join(str(p) for p in e['loc']) or '整体'}：{e['msg']}" for e in error.errors())
        raise BadProfile(f"{file} 有误：{faults}") from error
