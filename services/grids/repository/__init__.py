"""All SQL of the registry: whole lists in one statement, cut only where a statement would grow too large to send."""
