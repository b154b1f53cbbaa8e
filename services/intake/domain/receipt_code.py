"""Codes as people copy them: 26 signs of Crockford's base 32 for 128 bits, in groups, whichever way they are typed."""

import unicodedata
from base64 import b32decode, b32encode

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
# The longest that can still be a code with blanks and dashes between any two signs.
LONGEST = 80
_STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_OURS = bytes.maketrans(_STANDARD.encode(), SIGNS.encode())
_FROM_OURS = str.maketrans(SIGNS + "OIL", _STANDARD + "ABB")
_PLAIN = str.maketrans("OIL", "011")
_PADDING = "======"
_DASHES = "-‐–—"


def written(secret: bytes) -> str:
    """`secret` has 16 bytes."""
    signs = b32encode(secret)[:LENGTH].translate(_TO_OURS).decode()
    return f"{signs[:5]}-{signs[5:10]}-{signs[10:15]}-{signs[15:20]}-{signs[20:]}"


def read(code: str) -> bytes | None:
    """The inverse of `written`; None for what is no code. Case, blanks, dashes and full-width signs count nothing, O is
    0, I and L are 1."""
    if len(code) > LONGEST:
        return None
    typed = unicodedata.normalize("NFKC", code).upper()
    signs = "".join(sign for sign in typed if not (sign.isspace() or sign in _DASHES))
    if len(signs) != LENGTH or "U" in signs or not (signs.isascii() and signs.isalnum()):
        return None
    secret = b32decode(signs.translate(_FROM_OURS) + _PADDING)
    # The last sign has two bits more than are needed: of four ways to write one code one is ours.
    return secret if written(secret)[-1] == signs.translate(_PLAIN)[-1] else None
