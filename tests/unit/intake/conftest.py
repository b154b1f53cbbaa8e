"""Machines that run several things at once are slow now and then: no example is judged by its time."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None, max_examples=200)
settings.load_profile("unhurried")
