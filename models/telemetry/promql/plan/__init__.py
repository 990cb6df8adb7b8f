"""What an expression compiles to: small frozen nodes that evaluate themselves at a moment."""
