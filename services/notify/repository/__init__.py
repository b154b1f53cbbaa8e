"""All SQL of notify: one statement a batch."""
