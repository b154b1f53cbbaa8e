"""一户一码: shops that have a code at their door."""

from dataclasses import dataclass

SHOP_CODE = r"[A-Za-z0-9_-]{1,64}"


@dataclass(frozen=True, slots=True)
class Shop:
    """`lon`, `lat` in WGS-84 degrees, both or neither. `guarantees`: what it answers for before its door (门前五包)."""

    code: str
    name: str
    address: str
    lon: float | None = None
    lat: float | None = None
    guarantees: tuple[str, ...] = ()
    version: int = 0

    @property
    def place(self) -> str:
        """As an address that can be found."""
        return self.address if self.name in self.address else f"{self.address}{self.name}"
