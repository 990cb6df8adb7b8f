"""Rate limiters: how many calls per time, in exact integers."""
