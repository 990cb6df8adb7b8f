"""Metric series, the selectors that read them, and PromQL over them."""
