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
SEARCHED = Counter("intake_searched_total", "Times that somebody looked for a caller's orders", ["role"])
RESEALED = Counter("intake_resealed_total", "Rows sealed anew with the current key", ["table"])
UNOPENED = Counter("intake_unopened_total", "Sealed rows that no key of the ring opens", ["table"])
ERASED = Counter("intake_erased_total", "Rows of personal data deleted", ["ground", "part"])
JOINED = Counter("intake_joined_total", "Orders joined to a matter", ["by"])
SPLIT = Counter("intake_split_total", "Orders taken out of a case again, by how they had come into it", ["by"])
PROPOSED = Counter("intake_proposed_total", "Joins proposed to the desk")
RECURRING = Counter("intake_recurring_total", "Orders about what had been closed a short while before")
HANDOVERS = Counter("intake_handovers_total", "Cries for help sent to their service", ["service", "sending"])
HANDOVERS_RAISED = Gauge("intake_handovers_raised", "Handovers that were raised to the desk and have no receipt yet")
DIFFERENCES = Counter("intake_differences_total", "Differences found with a source's list", ["kind"])
UNRECONCILED = Gauge("intake_days_unreconciled", "Daily lists of sources that nobody has compared in time")
FORMS = Counter("intake_forms_total", "Forms of residents and shops that were sent", ["outcome"])
RETURNS_WAITING = Gauge("intake_returns_waiting", "Returns that their source has not answered for a day")
ANSWERS = Counter(
    "intake_callback_answers_total", "Answers to returns that came in the body of a callback", ["outcome"]
)
