"""What travels with a request: trace context and baggage, in headers and out of them."""
