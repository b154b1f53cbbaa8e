"""Every topic of the house, with how long it is kept."""

import re
from datetime import timedelta

from services.kit.bus.port import TopicSpec

YEAR = timedelta(days=365)
QUARTER = timedelta(days=90)

ORDERS = TopicSpec("duoge.orders", partitions=6, retention=YEAR)
CASES = TopicSpec("duoge.cases", partitions=6, retention=YEAR)
GRIDS = TopicSpec("duoge.grids", partitions=1, compacted=True)
DEAD_LETTERS = TopicSpec("duoge.dead-letters", partitions=1, retention=QUARTER)
# What an auditor compares the database with: as long as any case is kept, and then some.
CHECKPOINTS = TopicSpec("duoge.checkpoints", partitions=1, retention=30 * YEAR)
# What sources say in the answer to a callback.
ANSWERS = TopicSpec("duoge.answers", partitions=1, retention=QUARTER)
HOUSE = (ORDERS, CASES, GRIDS, DEAD_LETTERS, CHECKPOINTS, ANSWERS)
_UNIT = re.compile(r"duoge\.unit\.([A-Za-z0-9_-]{1,64})")


def unit_topic_name(unit: str) -> str:
    return f"duoge.unit.{unit}"


def unit_topic(code: str) -> TopicSpec:
    """One for each unit; a single partition is plenty for a station's work and keeps a city's topics few."""
    return TopicSpec(unit_topic_name(code), partitions=1, retention=QUARTER)


def spec_of(name: str) -> TopicSpec | None:
    """How this topic is made if it is one of ours; None for any other name."""
    for spec in HOUSE:
        if spec.name == name:
            return spec
    unit = _UNIT.fullmatch(name)
    return unit_topic(unit[1]) if unit else None
