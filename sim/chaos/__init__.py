"""Executes a fault plan on the world."""
