"""The history of a replicated log: who has led it from which position on.

A log is a row of writes, numbered from 1. Each primary leads under a term of its own, and terms
only grow. Two logs are the same up to a position iff both were written under the same terms up
to there, so a history of terms is enough to say where they part.
"""

from dataclasses import dataclass

from models.base.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Timeline:
    """``begins`` has one (term, position) for each term, oldest first.

    The term's primary wrote what comes after that position. The first position is 0, terms and
    positions ascend, terms strictly.

    Source: timelines of PostgreSQL (section 26.3 of its manual) and the log matching property of
    Raft (Ongaro and Ousterhout 2014, section 5.3).

    Raises:
        ConfigError: the row is empty, does not begin at 0, or does not ascend.
    """

    begins: tuple[tuple[int, int], ...] = ((1, 0),)

    def __post_init__(self) -> None:
        if not self.begins or self.begins[0][1] != 0:
            raise ConfigError("a timeline begins at position 0")
        for (term, position), (next_term, next_position) in zip(
            self.begins, self.begins[1:], strict=False
        ):
            if next_term <= term or next_position < position:
                raise ConfigError(f"a timeline must ascend, not {self.begins}")

    @property
    def term(self) -> int:
        """The present term."""
        return self.begins[-1][0]

    def led_from(self, term: int, position: int) -> "Timeline":
        """This history up to ``position``, and a new primary from there on.

        Raises:
            ConfigError: the term is not a new one.
        """
        kept = tuple(one for one in self.begins if one[1] <= position)
        if term <= self.term:
            raise ConfigError(f"term {term} does not come after {self.term}")
        return Timeline((*kept, (term, position)))

    def term_at(self, position: int) -> int:
        """The term under which the write of that number, from 1, was made."""
        return max(term for term, begin in self.begins if begin < position)

    def parts_from(self, other: "Timeline") -> int | None:
        """The last position up to which two endless logs agree; None if they never part."""
        for cut in sorted({begin for _, begin in (*self.begins, *other.begins)}):
            if self.term_at(cut + 1) != other.term_at(cut + 1):
                return cut
        return None
