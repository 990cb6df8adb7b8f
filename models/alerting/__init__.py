"""Alert rules and the notifier that pages people."""
