"""AWS Signature Version 4 of one request, as every S3-compatible store wants it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"


def signed(
    method: str, url: str, headers: Mapping[str, str], body: bytes, credentials: Credentials, at: datetime
) -> dict[str, str]:
    """`headers` with those that prove who asks; `url` has no query. `at` is real time in UTC: a store refuses what is more
    than a quarter of an hour off."""
    parts = urlsplit(url)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    sent = {**headers, "host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    told = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
    names = ";".join(sorted(told))
    lines = [method, quote(parts.path, safe="/~%"), "", *(f"{name}:{told[name]}" for name in sorted(told)), "", names]
    scope = f"{stamp[:8]}/{credentials.region}/s3/aws4_request"
    request = hashlib.sha256("\n".join([*lines, digest]).encode()).hexdigest()
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, f"{_ALGORITHM}\n{stamp}\n{scope}\n{request}".encode(), hashlib.sha256).hexdigest()
    proof = f"{_ALGORITHM} Credential={credentials.access_key}/{scope},SignedHeaders={names},Signature={signature}"
    return sent | {"authorization": proof}
