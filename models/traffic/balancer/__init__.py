"""Balancers: which instance takes the next attempt, one policy per file."""
