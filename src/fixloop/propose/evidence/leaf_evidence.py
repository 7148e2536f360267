"""What tickets and comments say about leaves, for many rejections at once.

Each rejection is heard in its party (`company`): how like the party's tickets are to a leaf's examples, what
the intent engine makes of the comments (a description of a wish reads like a ticket), and how like they are
to comments that led to this leaf before. A leaf that was the rejected answer of many in the party is not it.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Pipeline
from fixloop.propose.evidence.company import Groups, Voices, listen, parties, shares_of
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.words.near import AnySpace, Embedder, Space, space_of
from fixloop.propose.words.words import read_comment, stems
from fixloop.workspace.model import Workspace, is_other
from fixloop.workspace.text import text_digest

BELONGS = 0.62
"""Affinity from which a party rather belongs to a leaf than to none: about that of near siblings' halves."""

STEEP = 10.0
"""Log-odds by affinity."""

MOST_FOR, MOST_AGAINST = 5.0, -4.0
MOST_NEW = 3.0
NOT_AGAIN = 4.0
"""How fast affinity falls (as exp) with the share of a party that had just this answer, and rejected it."""

OWN_VOICE = 2.0
"""How many others it takes to outweigh what a rejection says itself, less one."""

SMALLEST_PARTY = 3

ENOUGH = 8
"""Examples from which likeness to a leaf counts in full."""

SELDOM_ALL_WRONG = -2.0
"""Log-odds that nothing is wrong where several complain of the same."""


@dataclass(frozen=True)
class LeafEvidence:
    """Per rejection (row) and leaf (column): the engine's joint scores, and what company and comment add.

    `bonuses` are log-odds for a leaf, `fresh` those for a leaf there is not yet, `shared` says which stand in
    a party of several. `near` is the likeness of each ticket to the likest text of each leaf, 0…1: of its
    examples, whatever the DAG makes of them, and of tickets that staff accepted as this leaf's. `usual` is
    how like accepted tickets are to their own leaf, ascending.
    """

    leaves: tuple[str, ...]
    tickets: Any
    bonuses: Any
    fresh: Any
    shared: Any
    voices: Voices
    near: Any
    usual: Sequence[float] = ()

    def telling(self, row: int) -> bool:
        """Whether the comment says anything at all."""
        return bool(self.voices.telling[row])

    def column(self, leaf: str) -> int | None:
        """Where a leaf stands, None for one that has neither place nor examples."""
        return self._columns.get(leaf)

    def ticket_shares(self, row: int) -> dict[str, float]:
        """Leaf to the engine's joint score of the ticket."""
        return dict(zip(self.leaves, self.tickets[row].tolist(), strict=True))

    def bonus(self, row: int, intervention: Intervention) -> float:
        """Log-odds that ticket, comment and company speak for this change."""
        if intervention.kind == "add_leaf":
            return float(self.fresh[row])
        if intervention.step == "none":
            return SELDOM_ALL_WRONG if self.shared[row] else 0.0
        if intervention.step != "intent" or intervention.wanted.leaf is None:
            return 0.0
        return float(self.bonuses[row, self._columns[intervention.wanted.leaf]])

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        return {leaf: column for column, leaf in enumerate(self.leaves)}


Learnt = Mapping[str, tuple[str, ...]]
"""Leaf to the comments of rejections that led to it."""


def learn_comments(workspace: Workspace, feedback: Sequence[Feedback], asked: Mapping[str, str]) -> Learnt:
    """How staff speak of each leaf: comments on tickets whose text has become an example or a case of it.

    `asked` maps the digests of intent cases' texts to their leaves.
    """
    taught = {text_digest(one.text): str(leaf) for leaf, found in workspace.examples.items() for one in found}
    known = {**asked, **taught}
    found: dict[str, dict[str, None]] = {}
    for one in feedback:
        leaf = known.get(one.text_digest) if one.comment and one.outcome != "accepted" else None
        if leaf is not None:
            found.setdefault(leaf, {})[one.comment] = None
    return {leaf: tuple(comments) for leaf, comments in found.items()}


def hear_leaves(
    workspace: Workspace,
    pipeline: Pipeline,
    rejections: Sequence[Feedback],
    learnt: Learnt,
    accepted: Sequence[tuple[str, str]] = (),
    embedder: Embedder | None = None,
) -> LeafEvidence:
    """All rejections against all leaves, in a few products of matrices; `accepted` are (text, leaf)."""
    import numpy as np

    texts = [one.fixture.ticket.customer_text for one in rejections]
    tickets, leaves = leaf_scores(workspace, pipeline, texts)
    examples = {leaf: [one.text for one in workspace.examples.get(leaf, ())] for leaf in leaves}
    every = [*texts, *(text for found in examples.values() for text in found)]
    lexical = Space.of(every)
    space = space_of(every, embedder) if embedder else lexical
    known = _Known.of(tuple(leaves), examples, space, learnt)
    voices = listen(rejections, space, known.groups.usual)
    told = voices.telling.nonzero()[0]
    found = [told[one] for one in parties(voices.take(told))] + [
        [row] for row in (~voices.telling).nonzero()[0]
    ]
    affinity, right = _affinity(voices, found, known, rejections, pipeline)
    alone, _ = _affinity(voices, [[row] for row in range(len(rejections))], known, rejections, pipeline)
    bonuses, fresh = np.zeros_like(tickets), np.zeros(len(rejections))
    shared = np.zeros(len(rejections), dtype=bool)
    for place, rows in enumerate(found):
        # A party that is at home somewhere speaks with one voice; in any other each is heard itself as well.
        own = 0.0 if affinity[place].max(initial=0.0) >= BELONGS else OWN_VOICE / (OWN_VOICE + len(rows) - 1)
        felt = own * alone[rows] + (1 - own) * affinity[place]
        shared[rows] = len(rows) >= SMALLEST_PARTY
        least = MOST_AGAINST if len(rows) >= SMALLEST_PARTY else MOST_AGAINST / 2
        bonuses[rows] = np.clip(STEEP * (felt - BELONGS), least, MOST_FOR)
        best = felt.max(axis=1, initial=0.0)
        fresh[rows] = [_newness(float(one), len(rows), float(right[place])) for one in best]
    bonuses[~voices.telling], fresh[~voices.telling] = 0.0, 0.0
    near = _nearness(lexical, texts, leaves, examples, accepted)
    usual = _usually_near(lexical, leaves, examples, accepted)
    return LeafEvidence(tuple(leaves), tickets, bonuses, fresh, shared, voices, near, usual)


MOST_USUAL = 300
"""Accepted tickets that show how near a ticket usually is to its leaf; more of them show the same."""

FEWEST_USUAL = 30

MOST_RARE = 1.5
"""About what one ticket in twelve is as rare as; where few are accepted, more says no more."""


def rarity(usual: Sequence[float], value: float) -> float:
    """How seldom what is usual is as low as a value: 0 for the middling, up to 1.5 for what hardly ever was.

    Minus the log of a conformal p-value (Vovk, Gammerman and Shafer, 2005), less its mean where all is usual.
    `usual` ascends; 0 where there is none.
    """
    if not len(usual):
        return 0.0
    below = bisect_right(usual, value + 1e-6)
    return round(min(MOST_RARE, -log((below + 1) / (len(usual) + 1)) - 1), 6)


def _usually_near(
    space: Space,
    leaves: Sequence[str],
    examples: Mapping[str, Sequence[str]],
    known: Sequence[tuple[str, str]],
) -> list[float]:
    """How near accepted tickets are to the likest other text of their own leaf, ascending.

    Where there are few, the leaves' examples among themselves have to say it.
    """
    columns = {leaf: column for column, leaf in enumerate(leaves)}
    own = [(text, columns[leaf]) for text, leaf in known if examples.get(leaf)]
    if len(own) < FEWEST_USUAL:
        own += [(text, columns[leaf]) for leaf in leaves if not is_other(leaf) for text in examples[leaf]]
    step = max(1, -(-len(own) // MOST_USUAL))
    own = own[::step]
    near = _nearness(space, [text for text, _ in own], leaves, examples, known)
    return sorted(float(near[row, column]) for row, (_, column) in enumerate(own))


def leaf_scores(
    workspace: Workspace, pipeline: Pipeline, texts: Sequence[str]
) -> tuple[Any, tuple[str, ...]]:
    """The engine's joint scores [texts, leaves], 0 for leaves that no parent reaches, and all leaves."""
    import numpy as np

    scores, leaves = pipeline.leaf_scores(texts)
    lost = tuple(str(leaf) for leaf in workspace.intents.leaves if leaf not in leaves)
    return np.hstack([scores, np.zeros((len(texts), len(lost)))]), (*map(str, leaves), *lost)


AT_ONCE = 500
"""Rejections whose likeness to all examples is worked out together: memory, not results, depends on it."""


def _nearness(
    space: Space,
    texts: Sequence[str],
    leaves: Sequence[str],
    examples: Mapping[str, Sequence[str]],
    accepted: Sequence[tuple[str, str]],
) -> Any:
    """The cosine of each text with the likest of each leaf's [texts, leaves], the same text left out."""
    import numpy as np

    pairs = [(leaf, text) for leaf in leaves for text in examples[leaf]]
    pairs += [(leaf, text) for text, leaf in accepted if leaf in examples]
    found = np.zeros((len(texts), len(leaves)))
    if not pairs or not texts:
        return found
    columns = {leaf: column for column, leaf in enumerate(leaves)}
    owners = np.array([columns[leaf] for leaf, _ in pairs])
    order = np.argsort(owners, kind="stable")
    asked, known = space.rows(texts), space.rows([pairs[n][1] for n in order])
    present, starts = np.unique(owners[order], return_index=True)
    for start in range(0, len(texts), AT_ONCE):
        alike = (asked[start : start + AT_ONCE] @ known.T).toarray()
        alike[alike > 1 - 1e-4] = 0.0
        found[start : start + AT_ONCE, present] = np.maximum.reduceat(alike, starts, axis=1)
    return np.round(found, 6)


def _newness(best: float, size: int, right: float) -> float:
    """Many who want one thing that is no leaf's want a new leaf; one or two prove nothing.

    Nor do tickets that are at home in the leaf they were answered as: something else may be wrong there.
    """
    against = STEEP * (BELONGS - best)
    most = MOST_NEW * (1 - right) if size >= SMALLEST_PARTY else -MOST_NEW / 2 * (1 + right)
    return max(-MOST_NEW, min(most, against))


@dataclass(frozen=True, slots=True)
class _Known:
    """Leaves as they are known: by examples, and by what staff called them.

    `groups` are the examples of the leaves in the columns `there`, `words` the stems of all of them.
    """

    columns: Mapping[str, int]
    there: Sequence[int]
    groups: Groups
    learnt: Learnt
    words: frozenset[str]
    sizes: Sequence[int]

    @classmethod
    def of(
        cls, leaves: Sequence[str], examples: Mapping[str, Sequence[str]], space: AnySpace, learnt: Learnt
    ) -> "_Known":
        """Leaves with their examples as rows of a space; an `other` is no group, its texts share nothing."""
        import numpy as np

        there = [n for n, leaf in enumerate(leaves) if examples[leaf] and not is_other(leaf)]
        texts = [text for n in there for text in examples[leaves[n]]]
        ends = np.cumsum([len(examples[leaves[n]]) for n in there])
        members = [np.arange(end - len(examples[leaves[n]]), end) for n, end in zip(there, ends, strict=True)]
        columns = {leaf: column for column, leaf in enumerate(leaves)}
        words = frozenset().union(*map(stems, texts), *map(stems, leaves))
        return cls(
            columns, there, Groups.of(space.rows(texts), members), learnt, words, list(map(len, members))
        )

    def share_of(self, comment: str) -> float:
        """The share of a comment's content words that an example or a leaf's name holds, 0…1."""
        said = read_comment(comment).affirmed
        return len(said & self.words) / len(said) if said else 0.0


def _affinity(
    voices: Voices,
    found: Sequence[Any],
    known: _Known,
    rejections: Sequence[Feedback],
    pipeline: Pipeline,
) -> tuple[Any, Any]:
    """How much each party is at home in each leaf [parties, leaves]: a sibling's about 0.4, its own's 0.8.

    And how much in the leaves that it was answered as [parties].
    """
    import numpy as np

    rejected = shares_of(
        [[str(rejections[row].proposal.get("leaf")) for row in rows] for rows in found], known.columns
    )
    comments = [one.comment for one in rejections]
    said, _ = leaf_scores(pipeline.workspace, pipeline, comments)
    shares = said / np.maximum(said.sum(axis=1, keepdims=True), 1e-9)
    # Words that no example holds may name what is not here yet: the engine's opinion is of the others only.
    shares *= np.array([known.share_of(comment) for comment in comments])[:, None]
    spoken = np.maximum(shares, _spoken_of(comments, known)) * voices.telling[:, None]
    per_party = np.array([spoken[rows].mean(axis=0) for rows in found]).reshape(
        len(found), len(known.columns)
    )
    home = _at_home(voices, found, known)
    return (home + per_party) * np.exp(-NOT_AGAIN * rejected), (home * rejected).sum(axis=1)


def _at_home(voices: Voices, found: Sequence[Any], known: _Known) -> Any:
    """Likeness of each party's tickets to each leaf's examples, against that within them; without any, 0."""
    import numpy as np

    ratio = np.zeros((len(found), len(known.columns)))
    if len(known.there) and len(found):
        ratio[:, known.there] = Groups.of(voices.tickets, found).across(known.groups, voices.usual)
        # Three examples do not show what a leaf is like: little likeness within them makes all look alike.
        ratio[:, known.there] *= np.minimum(1.0, np.array(known.sizes) / ENOUGH)
    return np.minimum(ratio, 1.0)


def _spoken_of(comments: Sequence[str], known: _Known) -> Any:
    """How like each comment is to the likest that led to a leaf before [comments, leaves], 0…1."""
    import numpy as np

    found = np.zeros((len(comments), len(known.columns)))
    pairs = [
        (known.columns[leaf], one)
        for leaf, ones in known.learnt.items()
        if leaf in known.columns
        for one in ones
    ]
    if not pairs:
        return found
    space = Space.of([*comments, *(one for _, one in pairs)])
    alike = space.rows(comments) @ space.rows([one for _, one in pairs]).T
    columns = np.array([column for column, _ in pairs])
    dense = alike.toarray()
    for column in np.unique(columns):
        found[:, column] = dense[:, columns == column].max(axis=1)
    return found
