"""Governor: one place that admits calls to services, and learns from how they end."""
