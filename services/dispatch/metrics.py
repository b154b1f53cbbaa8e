"""Figures of dispatch. A rising share of fallbacks means that routing goes wrong without an error."""

from prometheus_client import Counter, Histogram

DECISIONS = Counter(
    "dispatch_decisions_total", "Cases dispatched; fallback: the street holds it for want of another", ["fallback"]
)
ACTIONS = Counter("dispatch_actions_total", "Actions of people on cases", ["action"])
TOLD = Counter("dispatch_limits_total", "Limits that turned yellow or passed", ["kind", "light"])
REROUTED = Counter(
    "dispatch_rerouted_total", "Open cases on changed ground, by the rule that held for them", ["reason"]
)
PASSED_OVER = Counter("dispatch_rerouted_failed_total", "Open cases that could not be looked at on changed ground")
RECKONED = Counter("dispatch_reckoned_total", "Cases whose limits a new calendar has moved")
RECKONED_FAILED = Counter(
    "dispatch_reckoned_failed_total", "Cases whose limits could not be reckoned by a new calendar"
)
WITHOUT_CASE = Counter("dispatch_orders_without_case_total", "Events of orders that are in no case", ["type"])
BATCH = Histogram("dispatch_orders_batch", "Order events handled at once", buckets=(1, 2, 5, 10, 50, 100, 200, 500))
