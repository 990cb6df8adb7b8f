"""A record in, pages and pictures out."""
