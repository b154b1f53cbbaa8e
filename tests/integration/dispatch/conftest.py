"""Fixtures of dispatch."""

from tests.integration.dispatch.whistle_house import house

__all__ = ["house"]
