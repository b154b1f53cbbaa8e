"""Whose matter it is: a table of rows, read from the top, over the ground that the fabric knows. Nothing but functions."""
