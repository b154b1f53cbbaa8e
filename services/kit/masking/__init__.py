"""Words without what names a person: one and the same for whatever leaves any service."""

from services.kit.masking.doors import public_address
from services.kit.masking.links import names_somebody, public_link
from services.kit.masking.text import masked, plain

__all__ = ["masked", "names_somebody", "plain", "public_address", "public_link"]
