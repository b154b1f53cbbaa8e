"""All SQL of the console: one statement a batch."""
