"""The form of residents and shops, as it comes: fields of text, each with the sentence that says what is wrong."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.fabric.profile import Profile
from services.intake.domain.draft import GivenPosition
from services.kit.fields import storable

LONGEST: Mapping[str, int] = {"content": 4000, "address": 300, "name": 64, "phone": 64, "kind": 64, "shop": 64}
POSITION = ("lon", "lat")
CHOICES = ("anonymous", "confidential")
_PHONE = re.compile(r"\+?[0-9() -]{5,24}")
# Those who come by the form are called back by us: the first of these that the city has.
_SHOP, _RESIDENT = ("shop_code",), ("peoples_opinion", "community_line", "web_message")


@dataclass(frozen=True, slots=True)
class Filled:
    """`values` as they were typed, to be shown again; `faults` field → sentence, empty for a form that can be taken."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        return self.values.get(name, "").strip() or None

    def chosen(self, name: str) -> bool:
        return bool(self.values.get(name))

    @property
    def position(self) -> GivenPosition | None:
        """Once there are no faults."""
        lon, lat = (self.text(name) for name in POSITION)
        return GivenPosition(float(lon), float(lat)) if lon and lat else None


def read(given: Mapping[str, str], profile: Profile) -> Filled:
    """Line ends as browsers send them count one sign. What can't be stored is not shown again either."""
    values = {name: given.get(name, "").replace("\r\n", "\n") for name in (*LONGEST, *POSITION, *CHOICES)}
    faults: dict[str, str] = {}
    for name, value in values.items():
        try:
            storable(value)
        except ValueError as unstorable:
            faults[name], values[name] = str(unstorable), ""
        if len(value) > LONGEST.get(name, 64):
            faults[name] = f"太长了，最多 {LONGEST.get(name, 64)} 个字，请删减"
    filled = Filled(values, faults)
    if not filled.text("content"):
        faults.setdefault("content", "请写清楚是什么事")
    kind = filled.text("kind")
    if kind and profile.kind(kind) is None:
        faults["kind"] = "请从下面选一种，或者不选"
    if (phone := filled.text("phone")) and not _PHONE.fullmatch(phone):
        faults["phone"] = "电话写法不对，请写数字，如 13800000000"
    if not _is_position(filled):
        faults["place"] = "地图上选的位置不对，请重新点一下"
    return filled


def channel(profile: Profile, shop: bool) -> str:
    """By which channel it came; the profile's last where a city has none of ours."""
    wanted = (*_SHOP, *_RESIDENT) if shop else _RESIDENT
    return next((code for code in wanted if profile.channel(code)), profile.channels[-1].code)


def _is_position(filled: Filled) -> bool:
    texts = [filled.text(name) for name in POSITION]
    if texts == [None, None]:
        return True
    try:
        return all(text is not None and math.isfinite(float(text)) for text in texts)
    except ValueError:
        return False
