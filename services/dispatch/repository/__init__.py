"""All SQL of dispatch: one statement a batch."""
