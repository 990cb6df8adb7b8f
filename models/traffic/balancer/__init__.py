"""Balancers, one policy per file."""
