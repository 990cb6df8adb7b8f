"""Alertmanager's own configuration file, read as it is."""
