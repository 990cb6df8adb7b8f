"""Chapters of the report that answer a scenario's own question, one module per section."""
