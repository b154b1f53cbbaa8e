"""Figures of notify: what was told to units, and how deliveries fare."""

from prometheus_client import Counter, Gauge, Histogram

TOLD = Counter("notify_told_total", "Events put on units' own topics", ["type"])
BLOTTED = Counter("notify_blotted_total", "Bodies in which a number had to be blotted out", ["type"])
NO_TOPIC = Counter("notify_no_topic_total", "Events whose unit code can't name a topic")
EARLY = Counter("notify_callbacks_early_total", "Callbacks that waited for their order to become known")
DELIVERIES = Counter("notify_deliveries_total", "Attempts by what came of them", ["kind", "outcome"])
CALL_SECONDS = Histogram("notify_call_seconds", "Time of one call", buckets=(0.02, 0.1, 0.3, 1, 3, 10))
IN_FLIGHT = Gauge("notify_calls_in_flight", "Calls going on now")
READERS = Gauge("notify_readers_waiting", "Readers who wait for a unit's next event")
