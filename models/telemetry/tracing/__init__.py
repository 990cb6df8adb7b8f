"""Tracing: context that travels, spans, samplers, the reporter, and what traces are asked."""
