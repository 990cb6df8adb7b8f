"""Hooks for all tests: the table of the theory suite at the end of a session."""

from tests.theory.scoreboard import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
