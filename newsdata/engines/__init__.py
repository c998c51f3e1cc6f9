"""Engines run a given function over tasks and know no stage of the work."""
