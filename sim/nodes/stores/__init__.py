"""Nodes that keep something: caches, databases, message queues."""
