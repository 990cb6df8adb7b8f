"""Service mesh: rules of traffic, and the control plane that brings them to every proxy."""
