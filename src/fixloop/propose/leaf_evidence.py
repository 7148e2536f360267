"""What ticket and comment say about leaves, for many rejections at once: the classifier heard twice.

A comment that describes what the customer wanted reads like a ticket, so the intent engine is asked about it
too. Its opinion counts against the mean over leaves, bounded, so that words of the lexicon can outweigh it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Pipeline
from fixloop.propose.interventions import Intervention
from fixloop.propose.lexicon import Lexicon
from fixloop.propose.words import stems
from fixloop.workspace.model import Workspace

COMMENT_WEIGHT = 0.8
BOUND = 4.0


@dataclass(frozen=True, slots=True)
class LeafEvidence:
    """Per rejection (row) and leaf (column): the engine's joint scores of ticket and of comment, 0…1."""

    leaves: tuple[str, ...]
    tickets: Any
    comments: Any
    heard: tuple[bool, ...]

    def ticket_shares(self, row: int) -> dict[str, float]:
        """Leaf to the engine's joint score of the ticket."""
        return {leaf: float(self.tickets[row, column]) for column, leaf in enumerate(self.leaves)}

    def bonus(self, row: int, intervention: Intervention) -> float:
        """What the comment, read as a ticket, says for a leaf: log-odds against the mean leaf, bounded."""
        leaf = intervention.wanted.leaf
        if intervention.step != "intent" or leaf is None or not self.heard[row]:
            return 0.0
        column = self.leaves.index(leaf)
        score = max(float(self.comments[row, column]), 1e-4)
        return max(-BOUND / 2, min(BOUND, COMMENT_WEIGHT * log(score * len(self.leaves))))


def hear_leaves(
    workspace: Workspace, pipeline: Pipeline, rejections: Sequence[Feedback], lexicon: Lexicon
) -> LeafEvidence:
    """The engine's joint scores for every ticket and comment, in two batches."""
    tickets, leaves = pipeline.leaf_scores([one.fixture.ticket.customer_text for one in rejections])
    comments, _ = pipeline.leaf_scores([one.comment for one in rejections])
    heard = tuple(len(stems(one.comment)) >= 2 for one in rejections)
    return LeafEvidence(tuple(leaves), tickets, comments, heard)
