"""Text and times as they come from outside, for the fields of bodies; each with the sentence that says what is wrong."""

import math
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Tag

_NESTED = 20


def storable(words: str) -> str:
    """NUL and half of a surrogate pair go into no database."""
    if "\0" in words:
        raise ValueError("含有不可见的 NUL 字符，请去掉")
    if not words.isascii():
        try:
            words.encode()
        except UnicodeEncodeError:
            raise ValueError("含有半个字符，请检查编码") from None
    return words


def legible(words: str) -> str:
    """Without the blanks round it; what shows nothing at all is refused."""
    if words and not any(sign.isprintable() and not sign.isspace() for sign in words):
        raise ValueError("只有空白，看不见字，请写上")
    return words.strip()


def storable_all(value: Any, depth: int = 0) -> Any:
    """A JSON value whose every text and name can be kept."""
    if depth > _NESTED:
        raise ValueError(f"嵌套超过 {_NESTED} 层，请放平")
    if isinstance(value, str):
        storable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("含有 NaN 或无穷大，JSON 里没有这样的数，请去掉")
    elif isinstance(value, dict):
        for name, held in value.items():
            storable(name)
            storable_all(held, depth + 1)
    elif isinstance(value, list):
        for held in value:
            storable_all(held, depth + 1)
    return value


def or_empty(value: Any) -> Any:
    return "" if value is None else value


def written(value: Any) -> Any:
    """A bare number or a date alone would be taken for a moment too."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or value[10:11] not in ("T", "t", " "):
        raise ValueError("请写成带时区的时间，如 2026-11-23T08:15:00+08:00")
    return value


def near_our_time(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2100:
        raise ValueError("时间不在 2000 年到 2100 年之间，请改正")
    return at


Words = Annotated[str, AfterValidator(storable)]
Name = Annotated[str, AfterValidator(storable), AfterValidator(legible)]


def text_or_object(given: Any) -> str:
    """For a `Discriminator` between Annotated[str, …, TEXT] and Annotated[SomeModel, OBJECT]: what is wrong is said once,
    of the form that was sent. `problems.pointer` leaves out the marks."""
    return "[text]" if isinstance(given, str) else "[object]"


TEXT, OBJECT = Tag("[text]"), Tag("[object]")
