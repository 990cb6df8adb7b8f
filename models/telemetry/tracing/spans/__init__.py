"""Spans as values, and spans while they are being recorded."""
