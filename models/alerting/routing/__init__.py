"""Who is told about an alert, and what keeps an alert quiet: routes, intervals, silences."""
