"""Active health checks: when to probe, what an answer means, and what follows for the whole."""
