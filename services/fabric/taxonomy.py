"""四类十二项: the kinds of trouble, and the words by which free text shows them."""

from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

CaseClass = Literal["easy", "key", "hard", "emergency"]
# The classes, each watched more closely than the one before.
RAISED: tuple[CaseClass, ...] = get_args(CaseClass)
OTHER = "OTHER"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Grades(Part):
    """What a word of each grade weighs in the sum."""

    decisive: float = 4.0
    strong: float = 2.0
    weak: float = 0.7
    against: float = -2.0


class WordList(Part):
    """Words and phrases, graded. `against` speaks for something else."""

    decisive: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    def graded(self, grades: Grades) -> Iterator[tuple[str, float]]:
        for grade in Grades.model_fields:
            weight: float = getattr(grades, grade)
            for word in getattr(self, grade):
                yield word, weight

    @model_validator(mode="after")
    def _each_once(self) -> "WordList":
        words = [word for word, _ in self.graded(Grades())]
        doubled = sorted({word for word in words if words.count(word) > 1})
        if doubled:
            raise ValueError(f"词语“{'、'.join(doubled)}”写了两次，请只留一处。")
        if not all(word.strip() for word in words):
            raise ValueError("词表里有空词，请删去。")
        return self


class SubConcern(Part):
    """`words` speak for the concern as well; `hints` only choose between the concern's subs. Without any word of a sub
    the one marked `default` is taken. `components`: the kinds (or families) of 部件 that such an order is about, so that
    the owner of the nearest one can be asked for; None: those that its text speaks of, empty: none."""

    code: str = Field(pattern=r"^[A-Z]{2}-\d{2}\.[a-z_]+$")
    name: str
    words: WordList = WordList()
    hints: WordList = WordList()
    default: bool = False
    components: tuple[str, ...] | None = None
    case_class: CaseClass | None = Field(default=None, alias="class")


class Concern(Part):
    """事项. `emergency_words` raise a case to `emergency`; a `statutory` one may pass into a procedure of law."""

    code: str = Field(pattern=r"^([A-Z]{2}-\d{2}|OTHER)$")
    category: str
    name: str
    case_class: CaseClass = Field(alias="class")
    statutory: bool = False
    words: WordList = WordList()
    emergency_words: tuple[str, ...] = ()
    subs: tuple[SubConcern, ...] = ()

    @model_validator(mode="after")
    def _subs_belong(self) -> "Concern":
        strangers = [sub.code for sub in self.subs if sub.code.split(".")[0] != self.code]
        if strangers:
            raise ValueError(f"子项 {strangers[0]} 不属于 {self.code}，请改编码。")
        if len({sub.code for sub in self.subs}) != len(self.subs):
            raise ValueError(f"{self.code} 的子项编码有重复，请改成唯一的。")
        if self.subs and sum(sub.default for sub in self.subs) != 1:
            raise ValueError(f"{self.code} 要有且只有一个默认子项（default = true）。")
        return self

    @property
    def default_sub(self) -> SubConcern | None:
        return next((sub for sub in self.subs if sub.default), None)

    def class_for(self, sub_code: str | None, text: str = "") -> CaseClass:
        """The class of a case of this concern, raised by its sub-concern or by the emergency words of the text."""
        if text and any(word in text for word in self.emergency_words):
            return "emergency"
        sub = next((sub for sub in self.subs if sub.code == sub_code), None)
        return (sub.case_class if sub else None) or self.case_class


class LexiconEntry(Part):
    """A word, what it speaks for, and how strongly. `hint`: it only chooses between subs of its concern."""

    word: str
    concern: str
    sub: str | None
    weight: float
    hint: bool = False


def lexicon(concerns: tuple[Concern, ...], grades: Grades) -> tuple[LexiconEntry, ...]:
    """Every word of the taxonomy, as a classifier loads them."""
    entries: list[LexiconEntry] = []

    def add(words: WordList, concern: str, sub: str | None, hint: bool = False) -> None:
        entries.extend(
            LexiconEntry(word=word, concern=concern, sub=sub, weight=weight, hint=hint)
            for word, weight in words.graded(grades)
        )

    for concern in concerns:
        add(concern.words, concern.code, None)
        for sub in concern.subs:
            add(sub.words, concern.code, sub.code)
            add(sub.hints, concern.code, sub.code, hint=True)
    return tuple(entries)
