"""Policies that hash: requests with the same key go to the same member."""
