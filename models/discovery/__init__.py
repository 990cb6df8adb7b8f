"""Registry with leases and watches, and the endpoint views of callers."""
