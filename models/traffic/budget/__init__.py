"""Retry budgets that look at more than first tries: results, concurrency, time, costs."""
