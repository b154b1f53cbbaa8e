"""The pure core of dispatch: no I/O, no SQL; whoever needs the time is given it."""
