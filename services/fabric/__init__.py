"""多格合一: all overlays in force at one moment, merged.

A pure library: it reads no clock, no network and no database.
"""
