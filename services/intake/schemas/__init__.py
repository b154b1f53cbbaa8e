"""HTTP in and out: what may stand in a body, and how answers look."""
