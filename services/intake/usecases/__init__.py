"""A function for each command: changes state and appends events in the caller's transaction, never commits."""
