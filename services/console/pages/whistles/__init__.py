"""`/whistles`: 吹哨报到, from blowing to the marks of a month."""
