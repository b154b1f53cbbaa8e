"""A function for each command and each event: changes cases and records what happened, never commits."""
