"""A word that several staff say of several tickets, that customers write, and that nothing here is called by.

Said once it is grumbling, or a slip; said again and again of what customers themselves ask for it is the name
of something that the workspace does not have.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from fixloop.feedback.model import Feedback
from fixloop.propose.words.words import read_comment, stems
from fixloop.workspace.model import Workspace

FEWEST_OTHERS = 2
"""Other texts of which staff have to say the word."""

FEWEST_WRITTEN, WRITTEN = 2, 0.25
"""Of the texts of which it is said, those that hold it themselves, and their least part: what staff say of
everything is a habit of theirs."""

_NO_NAMES = stems("else other another sonst anders andere")
"""Words that say what something is not."""

MOST_OTHERS = 5
"""Beyond which more others say no more."""


@dataclass(frozen=True, slots=True)
class Strange:
    """By row of a run's rejections: of how many other texts its word is said, as log(1 + n)."""

    shared: tuple[float, ...] = ()

    @classmethod
    def of(cls, rejections: Sequence[Feedback], comments: Sequence[str], known: frozenset[str]) -> "Strange":
        """What is shared among some rejections; `known` are the stems that anything here is called by."""
        said = [read_comment(comment).affirmed - known - _NO_NAMES for comment in comments]
        pairs = {
            (word, one.text_digest) for one, words in zip(rejections, said, strict=True) for word in words
        }
        written = {
            (word, one.text_digest)
            for one, words in zip(rejections, said, strict=True)
            for word in words & stems(one.fixture.ticket.customer_text)
        }
        texts, own = Counter(word for word, _ in pairs), Counter(word for word, _ in written)
        names = {word for word, n in own.items() if n >= max(FEWEST_WRITTEN, WRITTEN * texts[word])}
        others = [max((texts[word] - 1 for word in words & names), default=0) for words in said]
        return cls(tuple(log(1 + min(n, MOST_OTHERS)) if n >= FEWEST_OTHERS else 0.0 for n in others))


def examples_said(workspace: Workspace) -> frozenset[str]:
    """The stems of all examples of a workspace."""
    return frozenset(
        word for found in workspace.examples.values() for one in found for word in stems(one.text)
    )
