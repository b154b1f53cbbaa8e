"""What runs beside the screens: the consumer that keeps the read model, and the board that follows it."""
