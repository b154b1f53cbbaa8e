"""When a place that bounces goes into the register: how often, of which kind."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.grids.domain.following import Sign
from services.grids.domain.ground import Ground
from services.kit.ids import new_id

# A return may be a mistake and a repeat chance; two at one place are neither. Whoever blew a whistle in vain has tried.
ENOUGH: Mapping[str, int] = {"returned": 2, "repeated": 2, "unmet": 1}
REASONS: Mapping[str, str] = {"returned": "退单", "repeated": "反复发生", "unmet": "吹哨未到"}


def bounces(counts: Mapping[str, int]) -> bool:
    """`counts`: reason → how often within the time that is looked at."""
    return any(counts.get(reason, 0) >= enough for reason, enough in ENOUGH.items())


def entry_of(signs: Iterable[Sign]) -> Ground:
    """A new one, of all signs of its place that were taken in together; the last says where it is."""
    told = sorted(signs, key=lambda sign: sign.at)
    last = told[-1]
    return Ground(
        id=new_id("gr"),
        key=last.spot,
        kind="bouncing",
        state="open",
        lon=last.place.lon,
        lat=last.place.lat,
        address=last.place.address,
        overlays=tuple(sorted(last.place.grids)),
        grids={overlay: (code,) for overlay, code in last.place.grids.items()},
        area_m2=None,
        shape=None,
        first_seen=told[0].at,
        last_seen=last.at,
    )


def last_at(signs: Iterable[Sign]) -> datetime:
    return max(sign.at for sign in signs)
