"""All SQL of intake: one statement a batch."""
