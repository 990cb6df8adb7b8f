"""Policies that look at load: attempts under way at each member, and how long they take."""
