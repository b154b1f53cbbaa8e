"""A made-up city: overlays that cut the same ground each in its own way, with borders as crooked as wanted. Neighbours
share their borders vertex by vertex; no two overlays share one, but for the outermost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import shapely

from services.fabric import entries as codec
from services.fabric.manifest import encode_manifest
from services.fabric.model import GridEdition, Unit
from services.fabric.overlay import Floats
from services.fabric.profile import find_profile
from services.fabric.snapshot import Fabric, build

AT = datetime(2026, 11, 23, tzinfo=UTC)
OVERLAYS = ("comprehensive", "community", "duty", "fire", "market", "mediation", "micro", "party", "police")
WEST, SOUTH, SIZE = 121.2, 31.0, 0.4


def overlay(code: str, side: int, on_edge: int, seed: int) -> Iterator[GridEdition]:
    """`side`² grids, each of 4 × (`on_edge` + 1) vertices."""
    dice = np.random.default_rng(seed)
    step = SIZE / side
    rows, columns = np.mgrid[0 : side + 1, 0 : side + 1]
    corners = np.stack([columns, rows], axis=-1).astype(np.float64)
    moved = dice.uniform(-0.22, 0.22, corners.shape)
    moved[0, :, 1] = moved[-1, :, 1] = moved[:, 0, 0] = moved[:, -1, 0] = 0
    corners += moved
    corners[[0, 0, -1, -1], [0, -1, 0, -1]] = [[0, 0], [side, 0], [0, side], [side, side]]
    corners = corners * step + [WEST, SOUTH]
    along = _edges(corners[:, :-1], corners[:, 1:], on_edge, step, dice, straight=(0, -1))
    up = _edges(corners[:-1].swapaxes(0, 1), corners[1:].swapaxes(0, 1), on_edge, step, dice, straight=(0, -1))
    for row in range(side):
        for column in range(side):
            around = (along[row, column], up[column + 1, row], along[row + 1, column, ::-1], up[column, row, ::-1])
            ring = np.concatenate([edge[:-1] for edge in around])
            number = f"{row * side + column:05d}"
            yield GridEdition(code, number, f"{code}{number}", f"U-{code}", shapely.Polygon(ring), households=300)


def _edges(
    start: Floats, end: Floats, on_edge: int, step: float, dice: np.random.Generator, straight: tuple[int, int]
) -> Floats:
    share = np.linspace(0, 1, on_edge + 2)[:, None]
    line = start[..., None, :] * (1 - share) + end[..., None, :] * share
    bow = np.sin(np.pi * share) * np.sin(share * dice.uniform(3, 40, (*start.shape[:-1], 1, 1)) + dice.uniform(0, 6))
    rough = dice.normal(0, 0.15 / np.sqrt(on_edge + 2), (*start.shape[:-1], on_edge + 2, 1)) * np.sin(np.pi * share)
    aside = (bow + rough) * 0.06 * step
    aside[list(straight)] = 0
    direction = end - start
    across = np.stack([-direction[..., 1], direction[..., 0]], axis=-1) / step
    made: Floats = line + aside * across[..., None, :]
    return made


def publication(
    side: int, on_edge: int, version: int = 1, renamed: Sequence[str] = (), moved: Sequence[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """The entries in the order in which the topic brings them, the manifest last. Against version 1 all grids of the
    overlays `renamed` bear another name, and those of the overlays `moved` lie otherwise."""
    hashes: dict[str, str] = {}
    for key, value in _values(side, on_edge, version, renamed, moved):
        hashes[key] = codec.entry_hash(value)
        yield key, value
    yield from encode_manifest(version, AT, hashes)


def _values(
    side: int, on_edge: int, version: int, renamed: Sequence[str], moved: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    yield codec.encode_profile(find_profile("zhenru"))
    for number, code in enumerate(OVERLAYS):
        yield codec.encode_unit(Unit(f"U-{code}", code, "street", overlay=code))
        for edition in overlay(code, side, on_edge, number + (1000 * version if code in moved else 0)):
            told = replace(edition, name=f"{edition.name}-{version}") if code in renamed else edition
            yield from codec.encode_grid([told])


def city(side: int, on_edge: int) -> Fabric:
    return build(dict(publication(side, on_edge)))
