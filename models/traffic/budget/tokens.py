"""The budget by tokens, for callers that tell of every try."""

from models.base.time import TimeNs
from models.traffic.budget.base import DENIED
from models.traffic.config import BudgetConfig
from models.traffic.retry_budget import RetryBudget

_GRANTED = 1


class TokenAllowance:
    """Each first try earns ``ratio`` tokens, each further try costs one.

    Source: :class:`models.traffic.retry_budget.RetryBudget`.

    Raises:
        ConfigError: the budget makes no sense.
    """

    __slots__ = ("_tokens",)

    def __init__(self, config: BudgetConfig) -> None:
        self._tokens = RetryBudget(config)

    @property
    def thousandths(self) -> int:
        """Tokens left, in thousandths."""
        return self._tokens.thousandths

    def sent(self, ticket: int, _now: TimeNs, /) -> None:
        """A first try earns its share."""
        if not ticket:
            self._tokens.deposit()

    def try_retry(self, _outcome: int, _now: TimeNs, /) -> int:
        """A ticket for one token."""
        return _GRANTED if self._tokens.try_withdraw() else DENIED

    def ended(self, _ticket: int, _is_failure: bool, _now: TimeNs, /) -> None:
        """How a try ends makes no difference."""

    def abandoned(self, _ticket: int, _now: TimeNs, /) -> None:
        """How a try ends makes no difference."""

    def withdrawn(self, _ticket: int, _now: TimeNs, /) -> None:
        """What was spent stays spent."""
