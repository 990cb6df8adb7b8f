"""The shape of a scenario file as pydantic models: what may be written, and how."""
