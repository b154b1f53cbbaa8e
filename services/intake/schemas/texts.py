"""Texts, times and addresses as they may come from outside; each with the sentence that says what is wrong."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from services.kit.fields import or_empty, storable, storable_all, written

LONGEST_CONTENT = 4000


def _said(words: str) -> str:
    if not words.strip():
        raise ValueError("内容是空的，请填写")
    return storable(words)


def _plus_restored(value: Any) -> Any:
    """In a query an unescaped plus arrives as a blank."""
    return value[:19] + value[19:].replace(" ", "+") if isinstance(value, str) else value


def _in_utc(at: datetime) -> datetime:
    """Where it can be said in UTC; what can't is far from any time that is taken."""
    return at.astimezone(UTC) if 2 <= at.year <= 9998 else at


def _sayable(at: datetime) -> datetime:
    if not 2 <= at.year <= 9998:
        raise ValueError("时间超出范围，请核对年份")
    return at


def _web_address(url: str) -> str:
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("网址里有不能用的字符，请转义后再填")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("网址读不懂，请核对") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("请填 http 或 https 开头的完整网址")
    if parts.username is not None or parts.password is not None:
        raise ValueError("网址里不要带用户名和口令")
    return url


def _escaped(url: str) -> str:
    """As a browser would send it: file names in Chinese or with blanks are written as they are by many a system."""
    return quote(url, safe="%!#$&'()*+,/:;=?@[]~") if url.isprintable() else url


Said = Annotated[str, AfterValidator(_said)]
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Note = Annotated[str, Field(max_length=2000), AfterValidator(storable), BeforeValidator(or_empty)]
# What a validator of ours hands on counts as Python, where strictness would refuse a text.
_Aware = Annotated[AwareDatetime, Field(strict=False)]
Moment = Annotated[_Aware, BeforeValidator(written), AfterValidator(_in_utc)]
MomentAsked = Annotated[_Aware, BeforeValidator(written), BeforeValidator(_plus_restored), AfterValidator(_sayable)]
WebAddress = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_web_address)]
LinkAddress = Annotated[
    str, Field(min_length=1, max_length=2048), AfterValidator(_escaped), AfterValidator(_web_address)
]
Extra = Annotated[dict[str, Any], AfterValidator(storable_all)]
