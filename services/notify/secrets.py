"""The secrets that deliveries are signed with; those that a subscriber chose are sealed where they rest."""

import base64
import binascii
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.kit.secrets import derive, webhook_secret
from services.notify.models import Subscription

PREFIX = "whsec_"
LEAST, MOST = 24, 64  # bytes, https://github.com/standard-webhooks/standard-webhooks: Signature scheme
_NONCE_BYTES = 12


class Secrets:
    def __init__(self, master: str) -> None:
        self._master = master
        self._cipher = AESGCM(derive(master, "notify/secrets"))

    def made_for(self, subscription_id: str) -> str:
        return webhook_secret(self._master, f"subscription/{subscription_id}")

    def of_source(self, source: str) -> str:
        return webhook_secret(self._master, f"source/{source}")

    def of(self, subscription: Subscription) -> str:
        if subscription.sealed_secret is None:
            return self.made_for(subscription.id)
        nonce, sealed = subscription.sealed_secret[:_NONCE_BYTES], subscription.sealed_secret[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, sealed, subscription.id.encode()).decode()

    def seal(self, subscription_id: str, secret: str) -> bytes:
        """Opens for this subscription only."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), subscription_id.encode())


def readable(secret: str) -> bool:
    """base64 of 24 to 64 bytes, with or without `whsec_`."""
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return LEAST <= len(raw) <= MOST
