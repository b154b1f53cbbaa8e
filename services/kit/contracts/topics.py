"""Every topic of the house, with how long it is kept."""

from datetime import timedelta

from services.kit.bus.port import TopicSpec

YEAR = timedelta(days=365)
QUARTER = timedelta(days=90)

ORDERS = TopicSpec("duoge.orders", partitions=6, retention=YEAR)
CASES = TopicSpec("duoge.cases", partitions=6, retention=YEAR)
GRIDS = TopicSpec("duoge.grids", partitions=1, compacted=True)
DEAD_LETTERS = TopicSpec("duoge.dead-letters", partitions=1, retention=QUARTER)
HOUSE = (ORDERS, CASES, GRIDS, DEAD_LETTERS)


def unit_topic(code: str) -> TopicSpec:
    """One for each unit; a single partition is plenty for a station's work and keeps a city's topics few."""
    return TopicSpec(f"duoge.unit.{code}", partitions=1, retention=QUARTER)
