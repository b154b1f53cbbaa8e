"""Addresses of uploaded attachments. Each carries a proof: whoever was told the address by us may look, with any key."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

from services.kit.secrets import derive

Shown = tuple[Mapping[str, str], ...]


class Links:
    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "intake/attachment-links")

    def url(self, attachment_id: str) -> str:
        return f"/intake/v1/attachments/{attachment_id}?link={self._proof(attachment_id)}"

    def proves(self, attachment_id: str, link: str | None) -> bool:
        return link is not None and hmac.compare_digest(self._proof(attachment_id), link)

    def put(self, attachments: Shown) -> Shown:
        """Those that were uploaded, with where they are."""
        return tuple(
            {**one, "url": self.url(one["attachment_id"])} if "attachment_id" in one else one for one in attachments
        )

    def _proof(self, attachment_id: str) -> str:
        return hmac.new(self._key, attachment_id.encode(), sha256).hexdigest()[:32]
