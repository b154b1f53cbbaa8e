"""What intake's orders do to cases, a function for each of their events."""
