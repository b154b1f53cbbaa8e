"""Keys derived from the one master secret, so that an operator keeps one thing safe."""

import base64
import hashlib
import hmac


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF's expand step, RFC 5869, one block)."""
    return hmac.new(secret.encode(), purpose.encode() + b"\x01", hashlib.sha256).digest()


def webhook_secret(secret: str, receiver: str) -> str:
    """The `whsec_…` that a receiver verifies our calls with (Standard Webhooks)."""
    return "whsec_" + base64.b64encode(derive(secret, f"webhook/{receiver}")).decode()
