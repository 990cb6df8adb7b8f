"""Load shedding: refuse or drop some work early so that the rest is done in time."""
