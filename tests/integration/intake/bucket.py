"""A small server that speaks as much S3 as is needed, and checks each signature by computing it again on its own."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

_PROOF = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request,"
    r"SignedHeaders=(?P<names>[^,]+),Signature=(?P<signature>[0-9a-f]{64})"
)


class FakeBucket:
    def __init__(self, key: str, secret: str, region: str) -> None:
        self.key, self.secret, self.region = key, secret, region
        self.held: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, content = self._answer(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Scope, body: bytes) -> tuple[int, bytes]:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        raw, path = scope["raw_path"].decode(), unquote(scope["raw_path"].decode())
        if not self._proven(scope["method"], raw, headers, body):
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if scope["method"] == "PUT":
            self.held[path] = body
            return 200, b""
        if scope["method"] == "DELETE":
            self.held.pop(path, None)
            return 204, b""
        return (200, self.held[path]) if path in self.held else (404, b"")

    def _proven(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bool:
        told = _PROOF.fullmatch(headers.get("authorization", ""))
        if told is None or told["key"] != self.key or told["region"] != self.region:
            return False
        digest = hashlib.sha256(body).hexdigest()
        if headers["x-amz-content-sha256"] != digest:
            return False
        lines = [f"{name}:{headers[name]}\n" for name in told["names"].split(";")]
        request = f"{method}\n{path}\n\n{''.join(lines)}\n{told['names']}\n{digest}"
        scope = f"{told['day']}/{self.region}/s3/aws4_request"
        signed = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = b"AWS4" + self.secret.encode()
        for part in (told["day"], self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(hmac.digest(key, signed.encode(), "sha256").hex(), told["signature"])


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 the server tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task
