"""Prequal: probes of load and latency, gathered ahead of the requests that use them."""
