"""Who may learn what, and when to try again: plain functions over plain data."""
