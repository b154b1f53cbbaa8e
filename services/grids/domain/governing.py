"""What the register decides, as the fabric carries it: whoever holds or was ruled a piece of ground answers for it."""

from collections.abc import Iterable

import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.entries import MAX_VALUE
from services.fabric.model import Ruling
from services.fabric.rulings import encode_ruling, key_of
from services.grids.domain.ground import Ground
from services.grids.domain.publication import Draft

# Base64 makes four of three, and there is more in the value than the shape.
_MOST_BYTES = MAX_VALUE // 2
_FINEST = 1e-5  # degrees, about a metre


def governing(grounds: Iterable[Ground]) -> Draft:
    """Those that are held or ruled are told; of the others nothing is told any longer."""
    all_ = list(grounds)
    values = dict(encode_ruling(ruling) for ground in all_ if (ruling := ruling_of(ground)) is not None)
    return Draft(values, frozenset(key_of(ground.id) for ground in all_))


def ruling_of(ground: Ground) -> Ruling | None:
    """None for what is open or closed."""
    ruled = ground.ruling
    if ground.state == "ruled" and ruled is not None:
        unit, settled, why, at = ruled.unit, True, ruled.ground, ruled.at
    elif ground.state == "held" and ground.holder is not None and ground.held_at is not None:
        unit, settled, why, at = ground.holder, False, "", ground.held_at
    else:
        return None
    shape = (
        _fitting(ground.shape) if ground.shape is not None else shapely.box(*ground.bounds) if ground.bounds else None
    )
    return Ruling(ground.id, ground.kind, ground.overlays, ground.grids, unit, settled, why, at, shape)


def _fitting(shape: BaseGeometry) -> BaseGeometry:
    """Not too large for a message: with fewer corners and a little wider. What lies on a grid all the same is the map's
    to tell."""
    rough, tolerance = shape, _FINEST
    while len(shapely.to_wkb(rough, output_dimension=2)) > _MOST_BYTES:
        rough = shape.simplify(tolerance).buffer(tolerance, quad_segs=1)
        tolerance *= 4
    return rough
