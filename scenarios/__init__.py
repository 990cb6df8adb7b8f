"""Scenario files: loading, running, judging, replaying; the command line."""
