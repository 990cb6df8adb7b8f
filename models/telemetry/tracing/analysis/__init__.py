"""What finished spans tell: traces, queries, critical paths, self time."""
