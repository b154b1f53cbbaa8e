"""What of the topic's values a process need not hold any longer once it has a fabric: grids are most of a city's bytes,
and the fabric has them as shapes already."""

from collections.abc import Mapping

from services.fabric import entries as codec
from services.fabric.model import GridEdition
from services.fabric.snapshot import Fabric


def spent(entries: Mapping[str, bytes], fabric: Fabric) -> dict[str, bytes]:
    """The entries of grids that the fabric has been built of, each as its hash alone: the next fabric takes a grid whose
    hash is the same from this one."""
    return {
        key: codec.husk(value)
        for key, value in entries.items()
        if key.partition("/")[0] in fabric.overlays
        and not codec.is_husk(value)
        and fabric.hashes.get(key) == codec.entry_hash(value)
    }


def parts(fabric: Fabric) -> list[GridEdition]:
    """What most of a fabric's memory hangs on."""
    return [edition for overlay in fabric.overlays.values() for edition in overlay.editions]
