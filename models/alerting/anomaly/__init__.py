"""Alerts on what is unusual: a value judged by its own past instead of by a fixed threshold."""
