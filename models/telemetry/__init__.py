"""Metric series and the selectors that read them."""
