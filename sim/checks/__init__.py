"""Invariants judged from outside the world."""
