"""Links between zones."""
