"""Registers that communities keep by hand (来访登记、民情日记、走访台账), read as orders. Pure."""
