"""API gateway: which route takes a request, who sent it, may they, and how often."""
