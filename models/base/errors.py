"""The family of errors: one root, one kind per culprit.

Expected outcomes of a simulated system (rejected, timed out) are values, see
:mod:`models.base.outcome`. These exceptions say whose mistake it was: the user's file, ours, or
the system under test.
"""


class ForeshockError(Exception):
    """Root of everything this project raises on purpose."""


class ValueSyntaxError(ForeshockError, ValueError):
    """A text is not the quantity it should be; the message names an example that is."""


class ConfigError(ForeshockError, ValueError):
    """A decider was given a configuration that makes no sense."""


class SpecError(ForeshockError):
    """The user's file is wrong. Carries every violation, already located and formatted."""


class SimulationError(ForeshockError):
    """A bug of ours. Carries what is needed to reproduce it in the message."""


class InvariantViolation(ForeshockError):
    """The run broke a law that must hold (conservation, order, fencing)."""
