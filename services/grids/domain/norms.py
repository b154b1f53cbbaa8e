"""The profile's norms of size against the grids as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.fabric.model import GridEdition
from services.fabric.rules import Norm

HOUSEHOLDS = "households"


def judge_norms(norms: Sequence[Norm], in_force: Mapping[str, Sequence[GridEdition]]) -> list[dict[str, Any]]:
    """Each norm with the grids outside it. `checked` counts those that state the measure and `unstated` those that don't;
    a norm of people (staff to residents) is listed with nothing checked: the map has no people."""
    told: list[dict[str, Any]] = []
    for norm in norms:
        grids = in_force.get(norm.overlay or "", ()) if norm.measure == HOUSEHOLDS else ()
        stated = [edition for edition in grids if edition.households is not None]
        told.append(
            {
                "code": norm.code,
                "text": norm.text,
                "overlay": norm.overlay,
                "measure": norm.measure,
                "least": norm.least,
                "most": norm.most,
                "checked": len(stated),
                "unstated": len(grids) - len(stated),
                "outside": [
                    {"grid": edition.code, "name": edition.name, HOUSEHOLDS: edition.households}
                    for edition in stated
                    if not _within(edition.households or 0, norm)
                ],
            }
        )
    return told


def _within(households: int, norm: Norm) -> bool:
    return (norm.least is None or households >= norm.least) and (norm.most is None or households <= norm.most)
