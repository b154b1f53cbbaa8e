"""What the integration tests stand on: one service or the whole system, in this process, on real servers."""
