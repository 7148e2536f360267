"""What fixloop asks of a held-out set: cases that nobody who proposes ever sees, and a count of questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Question:
    """One question the set has answered: `id` names base, result and set; `used` is whether it wore the set.

    `answer` is `pass` or `fail`.
    """

    id: str
    answer: str
    used: bool


class HeldOut(Protocol):
    """A held-out set outside every repository."""

    @property
    def files(self) -> Mapping[str, bytes]:
        """Case files as a snapshot has them, `evals/<suite>/<name>` to bytes."""
        ...

    @property
    def key(self) -> bytes:
        """The secret its noise is drawn with; it never leaves the set's folder."""
        ...

    def questions(self) -> Sequence[Question]:
        """Every question asked so far, oldest first."""
        ...

    def record(self, question: Question, base: str, head: str) -> None:
        """Write down a question that was asked of a base tree and a result tree."""
        ...
