"""Figures of the kernel; a service's own stand in its metrics.py. One Prometheus registry a process."""

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_AGE = Gauge("kit_outbox_oldest_seconds", "Age of the oldest event not yet on the bus", ["service"])
RELAYED = Counter("kit_relayed_total", "Events put on the bus", ["service"])
CONSUMED = Counter("kit_consumed_total", "Events handled", ["consumer", "outcome"])
LAG = Gauge("kit_consumer_lag_records", "Records behind the end of the assigned partitions", ["consumer"])
PARKED = Gauge("kit_parked_records", "Events parked behind one that failed", ["consumer"])
GAPS = Counter("kit_sequence_gaps_total", "Subjects whose next event was not the next number", ["consumer"])
SWEPT = Counter("kit_timers_fired_total", "Timers fired", ["sweeper", "kind"])
SWEEP_LAG = Gauge("kit_sweep_lag_seconds", "How late the most overdue timer was when it was fired", ["sweeper"])
TIMERS_PARKED = Gauge("kit_timers_parked", "Timers given up after repeated failure", ["sweeper"])
AUDIT_HOLDS = Gauge(
    "kit_audit_holds", "1 while the rule holds, 0 once it was broken beyond its leeway", ["service", "rule"]
)
AUDIT_ROUND = Gauge("kit_audit_round_seconds", "When the last round of the auditor ended, in Unix time", ["service"])
REQUESTS = Histogram(
    "kit_http_seconds", "Time to the answer", ["service", "method", "status"], buckets=(0.005, 0.02, 0.1, 0.5, 2, 10)
)
