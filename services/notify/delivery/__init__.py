"""Deliveries on their way out: claimed, signed, called, settled."""
