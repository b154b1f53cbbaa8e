"""Given and family name to one name, as it is written here."""

from services.kit.masking.surnames import COMPOUND, SINGLE


def whole_name(first: str | None, last: str | None) -> str | None:
    """Chinese ones without a blank, family name in front. Clients that cut a Chinese name at its blank send the family
    name as the given one; the surnames tell."""
    given, family = (first or "").strip(), (last or "").strip()
    if not given or not family:
        return given or family or None
    if given.isascii() or family.isascii():
        return f"{given} {family}"
    return given + family if _is_surname(given) and not _is_surname(family) else family + given


def _is_surname(name: str) -> bool:
    return name in COMPOUND or (len(name) == 1 and name in SINGLE)
