"""The recorder and the samplers."""
