"""Words without what names a person: one and the same for whatever leaves any service."""

from services.kit.masking.doors import public_address
from services.kit.masking.text import masked, plain

__all__ = ["masked", "plain", "public_address"]
