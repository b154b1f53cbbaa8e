"""Free text without what names a person: what leaves a service has been through here.

Phones, identity and bank numbers, mail and chat accounts, plates, names, and the door behind which somebody lives.
Masking a masked text changes nothing. Where it is unclear whether a number is a person's, it is taken to be.
"""

import re
import unicodedata
from functools import lru_cache

from services.kit.masking.doors import without_doors
from services.kit.masking.names import NAMES, SOMEBODY
from services.kit.masking.numbers import APART, NUMBERS

_LEAST_PHONE_DIGITS = 7
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，！？：；（）"}
_DIGIT = re.compile(r"\d")


def plain(text: str) -> str:
    """Half-width letters and digits, and nothing that can't be seen: the form in which numbers are found."""
    if text.isascii():
        return text
    shown = text.translate(_FULL_WIDTH)
    if shown.isprintable():
        return shown
    return "".join(sign for sign in shown if unicodedata.category(sign) != "Cf")


def masked(text: str, names: tuple[str, ...] = (), phones: tuple[str, ...] = ()) -> str:
    """`names` and `phones` are of persons known to be meant, the reporter above all: they go wherever they stand."""
    shown = plain(text)
    for pattern in _named(tuple(name for name in names if name)):
        shown = pattern.sub(SOMEBODY, shown)
    for pattern in _phoned(tuple(phone for phone in phones if phone)):
        shown = pattern.sub("[电话]", shown)
    return without_doors(NAMES.applied(NUMBERS.applied(shown)))


@lru_cache(maxsize=4096)
def _named(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """A single character is too common a word to be hidden everywhere; a masked name needs no hiding."""
    wanted = [plain(name).strip() for name in names]
    return tuple(
        re.compile(r"\s?".join(re.escape(sign) for sign in name if not sign.isspace()))
        for name in sorted(wanted, key=len, reverse=True)
        if len(name) >= 2 and "某" not in name
    )


@lru_cache(maxsize=4096)
def _phoned(phones: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """However the digits are grouped; fewer than seven would hit house numbers."""
    digits = ["".join(_DIGIT.findall(plain(phone))) for phone in phones]
    return tuple(
        re.compile(rf"(?<!\d){APART.join(number)}(?!\d)") for number in digits if len(number) >= _LEAST_PHONE_DIGITS
    )
