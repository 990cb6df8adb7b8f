"""Descriptions of a service: work, call plans, queueing, resources."""
