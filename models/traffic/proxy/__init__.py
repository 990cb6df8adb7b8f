"""The proxy of one edge: the chain of policies between a caller and a service."""
