"""The secrets that deliveries are signed with; those that a subscriber chose are sealed where they rest."""

import base64
import binascii

from services.kit.sealing import Seal
from services.kit.secrets import webhook_secret
from services.notify.models import Subscription

PREFIX = "whsec_"
LEAST, MOST = 24, 64  # bytes, https://github.com/standard-webhooks/standard-webhooks: Signature scheme


class Secrets:
    def __init__(self, master: str) -> None:
        self._master = master
        self._seal = Seal(master, "notify/secrets")

    def made_for(self, subscription_id: str) -> str:
        return webhook_secret(self._master, f"subscription/{subscription_id}")

    def of_source(self, source: str) -> str:
        return webhook_secret(self._master, f"source/{source}")

    def of(self, subscription: Subscription) -> str:
        if subscription.sealed_secret is None:
            return self.made_for(subscription.id)
        return self._seal.open(subscription.id, subscription.sealed_secret).decode()

    def seal(self, subscription_id: str, secret: str) -> bytes:
        """Opens for this subscription only."""
        return self._seal.seal(subscription_id, secret.encode())


def readable(secret: str) -> bool:
    """base64 of 24 to 64 bytes, with or without `whsec_`."""
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return LEAST <= len(raw) <= MOST
