"""Thin loops that carry messages to deciders and their actions back."""
