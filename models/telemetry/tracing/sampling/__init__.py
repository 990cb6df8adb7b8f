"""Head samplers: which traces are worth recording, decided when they begin."""
