"""Zones, hosts, service instances and load sources."""
