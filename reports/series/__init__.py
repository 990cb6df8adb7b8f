"""Curves over time, computed from the tables of a run with numpy."""
