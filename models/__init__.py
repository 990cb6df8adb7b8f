"""Pure decisions and descriptions: no clock, no dice of their own, no I/O."""
