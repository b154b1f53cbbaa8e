"""What files say of themselves by their content, and images without what they tell of whoever made them."""

from services.intake.domain.media.kinds import EXTENSIONS, BadMedia, checked, kind_of
from services.intake.domain.media.stripping import stripped

__all__ = ["EXTENSIONS", "BadMedia", "checked", "kind_of", "stripped"]
