"""Queues of instances: the orders in which requests are served, and what is dropped instead."""
