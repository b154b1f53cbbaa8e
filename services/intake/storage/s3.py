"""A bucket of any store that speaks S3: three requests, addressed by path, each signed."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import httpx
import structlog

from services.intake.storage.port import StoreAway
from services.intake.storage.signing import Credentials, signed

__all__ = ["Bucket", "Credentials"]
log = structlog.get_logger()
# Also a 404, but of a bucket that is named wrong or was deleted: nothing is known of what lies in it.
_NO_BUCKET = b"NoSuchBucket"


class Bucket:
    """`prefix` goes before every key; `real` is real time. A store that is away is asked once more."""

    def __init__(
        self, endpoint: str, bucket: str, prefix: str, credentials: Credentials, real: Callable[[], datetime]
    ) -> None:
        self._at = f"{endpoint.rstrip('/')}/{quote(bucket)}/{quote(prefix)}"
        self._credentials = credentials
        self._real = real
        self._http = httpx.AsyncClient(timeout=30, trust_env=False, follow_redirects=False)

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        await self._ask("PUT", key, content, {"content-type": media_type})

    async def get(self, key: str) -> bytes | None:
        answer = await self._ask("GET", key, b"", {})
        return None if answer.status_code == 404 else answer.content

    async def delete(self, key: str) -> None:
        await self._ask("DELETE", key, b"", {})

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, key: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        url = self._at + quote(key)
        trouble = ""
        for _ in range(2):
            proof = signed(method, url, headers, body, self._credentials, self._real())
            try:
                answer = await self._http.request(method, url, content=body, headers=proof)
            except httpx.HTTPError as error:
                trouble = repr(error)
                continue
            if answer.is_success or (
                answer.status_code == 404 and method != "PUT" and _NO_BUCKET not in answer.content
            ):
                return answer
            # What it says may name the key that was used; the code does not.
            trouble = f"{answer.status_code} {answer.reason_phrase}"
            if answer.status_code < 500:
                break
        log.error("attachments.bucket_away", method=method, error=trouble)
        raise StoreAway(
            "附件的对象存储没有答复或拒绝了请求，请运维检查地址和密钥；请稍后再试", headers={"Retry-After": "30"}
        )
