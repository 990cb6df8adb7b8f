"""Words every package shares: time, streams, portable mathematics, outcomes, errors."""
