"""Figures of intake: how many orders came, what became of them, and how sure we were."""

from prometheus_client import Counter, Gauge, Histogram

ORDERS = Counter("intake_orders_total", "New orders", ["channel", "status"])
REPEATED = Counter("intake_orders_repeated_total", "Orders that had been seen before", ["outcome"])
FALLBACK = Counter("intake_concern_fallback_total", "Orders whose concern the words did not show", ["by"])
CONFIDENCE = Histogram(
    "intake_concern_confidence", "Confidence of the words", buckets=(0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
)
MISMATCHES = Counter("intake_address_mismatch_total", "Coordinates and address too far apart to be one place")
WAITING = Gauge("intake_orders_waiting", "Orders that wait for a fabric")
REVEALED = Counter("intake_revealed_total", "Times that personal data was shown", ["role"])
