"""Quality of what was measured: intervals, warm-up, batches, replications, paired comparison."""
