"""Processes that are killed at random and brought back, until their work is done all the same."""
