"""The HTTP side of dispatch, a module for each kind of thing."""
