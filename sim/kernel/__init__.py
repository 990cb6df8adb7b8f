"""Time, timers, clocks and supervised processes."""
