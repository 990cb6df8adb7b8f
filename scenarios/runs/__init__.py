"""Executing a scenario and keeping what it leaves behind."""
