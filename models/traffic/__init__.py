"""Decisions about one call: balancing, breaking, retrying."""
