"""Keys of personal data as an operator writes them: `p2=secret,p3=secret`."""

import re
from collections.abc import Mapping

FIRST_KEY = "p1"
_ID = re.compile(r"p[1-9]\d{0,3}")
_LEAST = 32


def ring_of(written: str) -> Mapping[str, str]:
    """Key id → secret, in the order written. ValueError with a sentence that shows no secret."""
    ring: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        key_id, equals, secret = part.partition("=")
        if not equals or not _ID.fullmatch(key_id.strip()):
            raise ValueError("每把钥匙写成 p2=口令，编号是 p 加数字，多把用逗号隔开")
        if len(secret.strip()) < _LEAST:
            raise ValueError(f"钥匙 {key_id.strip()} 的口令不足 {_LEAST} 个字符")
        if key_id.strip() in ring:
            raise ValueError(f"钥匙 {key_id.strip()} 写了两次")
        ring[key_id.strip()] = secret.strip()
    return ring
