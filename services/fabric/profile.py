"""A city's profile: everything that cities do differently, as data. Read from TOML, checked at load, versioned; it
travels on the compacted topic as JSON, so that every service works by the same one."""

from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError, ValidationInfo, model_validator

from services.fabric.calendar import WorkingCalendar
from services.fabric.coherence import incoherences
from services.fabric.component_kinds import ComponentKind, Kinds
from services.fabric.documents import BadDocument, faults_of, read_document
from services.fabric.rules import (
    AfterResolve,
    Channel,
    ClassRules,
    DeclineReason,
    EvidenceRule,
    Handover,
    Hold,
    Home,
    Level,
    Marks,
    Norm,
    OrderKind,
    Overrides,
    OwnKind,
    Rates,
    Returns,
    Role,
    Step,
    Thresholds,
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
from services.fabric.whistle_rules import WhistleKind, WhistleMatter, WhistleRules
from services.fabric.work_rules import ANY_PARTY, LegalTerm, MayDispatch, Prompting, Shelving

# Beside the package, in a checkout as well as in the image.
FOLDER = Path(__file__).resolve().parents[2] / "profiles"


# What a profile never takes from the one it stands on.
_ITS_OWN = ("name", "title", "version", "home")


class BadProfile(ValueError):
    """The file is not there or not a valid profile; the message names each place that is wrong."""


class Profile(Part):
    """`extends` names the profile of which this one tells only the differences, `extends_version` the version it took;
    a profile by itself has neither."""

    name: str
    title: str
    version: int = Field(ge=1)
    extends: str | None = None
    extends_version: int | None = None
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
    shelving: Shelving = Shelving()
    procedures: tuple[LegalTerm, ...] = ()
    dispatches: tuple[MayDispatch, ...] = ()
    evidence: tuple[EvidenceRule, ...] = ()
    kinds: tuple[OrderKind, ...]
    declines: tuple[DeclineReason, ...]
    channels: tuple[Channel, ...]
    handover: Handover = Handover()
    marks: Marks = Marks()
    whistle: WhistleRules
    whistle_kinds: tuple[WhistleKind, ...]
    whistle_matters: tuple[WhistleMatter, ...] = ()
    rates: Rates
    norms: tuple[Norm, ...] = ()
    steps: tuple[Step, ...]
    hours: WorkingHours = WorkingHours()
    prompting: Prompting = Prompting()
    thresholds: Thresholds = Thresholds()
    roles: tuple[Role, ...] = ()
    component_kinds: tuple[OwnKind, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self, info: ValidationInfo) -> "Profile":
        """Only as it comes from a file: what travels as JSON was judged before it was sent, by a release that may have
        asked less."""
        found = [] if info.mode == "json" else incoherences(self)
        if found:
            raise ValueError("；".join(found))
        return self

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
    def _channel_by_code(self) -> dict[str, Channel]:
        return {channel.code: channel for channel in self.channels}

    @cached_property
    def _kind_by_code(self) -> dict[str, OrderKind]:
        return {kind.code: kind for kind in self.kinds}

    @cached_property
    def _role_by_code(self) -> dict[str, Role]:
        return {role.code: role for role in self.roles}

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

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {code: rank for rank, level in enumerate(self.ladder) for code in (level.code, *level.also)}

    def level_above(self, code: str) -> str | None:
        """The next rung of the ladder; None at the top and for a level that is not on it."""
        above = self._ranks.get(code, len(self.ladder)) + 1
        return self.ladder[above].code if above < len(self.ladder) else None

    def rank(self, level: str) -> int:
        """Height on the ladder, 0 lowest; -1 for a level that is not on it."""
        return self._ranks.get(level, -1)

    def rung(self, level: str) -> str | None:
        """The rung on which a unit of the level stands; None for a level that is not on the ladder."""
        rank = self.rank(level)
        return self.ladder[rank].code if rank >= 0 else None

    def level_name(self, code: str) -> str:
        names = {code: name for level in self.ladder for code, name in ((level.code, level.name), *level.also.items())}
        return names.get(code, code)

    def overlay_name(self, code: str) -> str:
        return self.overlays.get(code, code)

    def channel(self, code: str) -> Channel | None:
        return self._channel_by_code.get(code)

    def kind(self, code: str) -> OrderKind | None:
        return self._kind_by_code.get(code)

    def decline(self, code: str) -> DeclineReason | None:
        return next((reason for reason in self.declines if reason.code == code), None)

    def whistle_kind(self, code: str) -> WhistleKind | None:
        return next((kind for kind in self.whistle_kinds if kind.code == code), None)

    def whistle_matter(self, key: str) -> WhistleMatter | None:
        return next((matter for matter in self.whistle_matters if matter.key == key), None)

    def procedure(self, matter: str, kind: str | None) -> LegalTerm | None:
        """The first one that the matter (a concern's code or a sub's) and the kind of order pass into."""
        mine = (matter, matter.split(".")[0])
        return next((one for one in self.procedures if one.concern in mine and one.kind in (None, kind)), None)

    def may_dispatch(self, by: str, to: str) -> bool:
        """By the table; one who has no row in it gives to anybody."""
        row = next((one for one in self.dispatches if one.by == by), None)
        return row is None or ANY_PARTY in row.to or to in row.to

    def copied(self, by: str) -> bool:
        """Whether the street's desk is told of what such a party gives away."""
        return any(one.by == by and one.copy_street for one in self.dispatches)

    def role(self, code: str) -> Role | None:
        return self._role_by_code.get(code)

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
    found = load_profile(file)
    if found.name != name:
        raise BadProfile(f"{file.name} 里的 name 写的是 {found.name}，请改成和文件名一样的 {name}")
    return found


def load_profile(path: Path) -> Profile:
    """With what it stands on, from beside it or else from the shipped ones. Raises BadProfile with a sentence for each
    fault."""
    return parse_profile(path.read_bytes(), path.name, path.parent)


def parse_profile(content: bytes, file: str = "profile", folder: Path = FOLDER) -> Profile:
    try:
        told = read_document(content, file, (folder, FOLDER), own=_ITS_OWN)
    except BadDocument as bad:
        raise BadProfile(str(bad)) from None
    try:
        return Profile.model_validate(told)
    except ValidationError as error:
        raise BadProfile(f"{file} 有误：{'；'.join(faults_of(error, told))}。") from None
