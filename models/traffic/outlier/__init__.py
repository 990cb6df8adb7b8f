"""Outlier ejection: members that fail far more than their peers are taken out for a while."""
