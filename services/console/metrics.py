"""Figures of the console: how much it has taken in, and who is looking."""

from prometheus_client import Counter, Gauge

TAKEN_IN = Counter("console_events_total", "Events taken into the read model", ["family"])
REBUILDS = Counter("console_rebuilds_total", "Times that the read model was rebuilt from nothing")
LIVE_CASES = Gauge("console_live_cases", "Cases kept in memory for the screens")
SCREENS = Gauge("console_screens", "Command screens that are open")
SIGN_INS = Counter("console_sign_ins_total", "Attempts to sign in", ["outcome"])
