"""Tail sampling: which traces are worth keeping, decided when they are over."""
