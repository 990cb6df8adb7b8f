"""Rule files and their unit tests, read from disk with every problem located."""
