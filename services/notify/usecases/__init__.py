"""What a batch of events, a reader or an operator sets in motion, in the caller's transaction."""
