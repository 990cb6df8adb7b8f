"""Chaos experiments: what must hold before and after, and when to stop."""
