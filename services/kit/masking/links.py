"""Links without what names a person. Long numbers stay: in a link they are serials of a machine nearly always."""

import re
from urllib.parse import unquote, urlsplit

from services.kit.masking.text import masked, plain

_MOBILE = re.compile(r"(?<![\dA-Za-z])(?:\+?86)?1[3-9]\d{9}(?![\dA-Za-z])")
_IDENTITY = re.compile(r"(?<![\dA-Za-z])([1-9]\d{16})([\dXx])(?![\dA-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_HAN = re.compile(r"[\u4e00-\u9fff]")


def public_link(url: str, names: tuple[str, ...] = (), phones: tuple[str, ...] = ()) -> str:
    """The link itself, or where it names somebody only the server's name with `/withheld`."""
    if not names_somebody(unquote(url, errors="replace"), names, phones):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/withheld"


def names_somebody(text: str, names: tuple[str, ...] = (), phones: tuple[str, ...] = ()) -> bool:
    """Of a link, a file's name or the like: a mobile, an identity number that adds up, one of `names` or `phones`, or
    in its Chinese words what masking would hide."""
    shown = plain(text)
    if _MOBILE.search(shown) or any(_adds_up(*found) for found in _IDENTITY.findall(shown)):
        return True
    if any(name and plain(name) in shown for name in names):
        return True
    digits = re.sub(r"\D", "", shown)
    if any(len(number) >= 7 and number in digits for number in (re.sub(r"\D", "", plain(phone)) for phone in phones)):
        return True
    words = re.sub(r"[A-Za-z0-9]{9,}", " ", shown)
    return _HAN.search(words) is not None and masked(words) != words


def _adds_up(digits: str, check: str) -> bool:
    """ISO 7064, mod 11-2, as on every identity card."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == check.upper()
