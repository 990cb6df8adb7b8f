"""Advisers that read records: metering, cost, capacity."""
