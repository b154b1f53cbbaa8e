"""The registry's rules: nothing here reads a clock, a database or a bus."""
