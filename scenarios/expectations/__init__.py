"""What a scenario expects of a run, and the judging of it."""
