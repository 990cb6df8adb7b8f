"""Alert rules and the Alertmanager that pages people."""
