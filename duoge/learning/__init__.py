"""A district's own ledger becomes a model for its intake, and is judged by it."""
