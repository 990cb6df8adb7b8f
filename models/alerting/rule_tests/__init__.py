"""Unit tests of rules: series as notation, expectations, and the verdict on them."""
