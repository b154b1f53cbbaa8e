"""Figures of the registry: what was published, and how it was asked."""

from prometheus_client import Counter, Gauge, Histogram

VERSION = Gauge("grids_version", "Version of the fabric last published by this process")
PUBLISHED = Counter("grids_published_total", "Publications", ["what"])
SENT = Counter("grids_entries_sent_total", "Entries of the compacted topic written, tombstones too")
IMPORT_SECONDS = Histogram(
    "grids_import_seconds", "Time of an import of boundaries", buckets=(0.1, 0.5, 2, 10, 30, 120)
)
RESOLVED = Counter("grids_resolved_points_total", "Points resolved over HTTP", ["how"])
FOLLOWED = Counter("grids_followed_events_total", "Events of cases and whistles taken in")
GROUND = Counter("grids_ground_total", "Ownerless ground that the map shows or shows no more", ["what"])
