"""The same deciders on a real clock: the only place in models that may see time."""
