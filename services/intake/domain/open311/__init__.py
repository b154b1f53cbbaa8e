"""GeoReport v2 in the district's words: what can be reported, how it stands, and what a reporter's update means."""
