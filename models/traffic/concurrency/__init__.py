"""Concurrency limits: how many calls may be under way at once, fixed or found out."""
