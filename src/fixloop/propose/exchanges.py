"""Two leaves whose examples lie in each other's files, and the rejected tickets that their return mends.

What is said of one such ticket speaks for any other leaf, or for another branch of the one that it got; only
the examples themselves, beside the texts whose leaf staff and cases say, tell what happened. One fault is
likelier than two.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from fixloop.errors import FixloopError
from fixloop.feedback.replays import replay_all
from fixloop.hints.model import Hint
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.attempt import Desk, try_draft
from fixloop.propose.bench.wanted import satisfied_share
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading, mass_of
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.catalog import cut_off_leaves
from fixloop.propose.synthesis.intent import exchange
from fixloop.propose.synthesis.mixed import Move, called_better, known_texts, mixed_examples, moved_back
from fixloop.workspace.model import IntentDag, is_other

MOST_LEAVES, MOST_TOGETHER, MEANT = 40, 6, 2
"""Leaves whose neighbours are looked at: those with the most rejections. How many of them are looked at with
each other, wherever they are. And how many leaves one rejection may mean."""

ENOUGH = 0.5
"""The share of the texts rejected at the two leaves that the return of their examples has to mend."""

FEWEST_TEXTS = 2
"""Distinct texts that it mends, unless it mends all there is: one of many was rejected for something else."""

LIKELY, LIKELY_ALONE = 0.03, 0.5
"""How probable it has to be by the rejections themselves that their leaf is wrong; and by one text alone."""

TOLD = 0.02
"""How probable the leaf that a ticket gets by it has to be, against the likeliest reading, where staff say
anything: what they ask for goes before what the examples look like."""

MEANT_THERE, KNOWN, CALLED, MANY = 0.1, 7, 0.01, 50
WITNESSES = 2
"""What speaks for an exchange, two of four: how probable it is in the mean that the rejections mean the leaf
they get by it; how many texts of the two leaves are known by cases and accepted answers, for those agree with
the moves; how much liker the moved examples are to what the leaves are called and alone say; and how many
examples the leaves have. Few that share their words can be told apart in another way than they are."""

SURE = 0.85
"""How probable it is that examples which lie in each other's leaf, and whose return mends the leaves'
rejections and harms none that is right, are what was wrong."""

Pair = tuple[str, str]


def exchanges(desk: Desk, open_ones: Sequence[Diagnosis]) -> list[Hint]:
    """A fix for each two leaves whose examples are mixed, where that mends what was rejected there.

    Two leaves that are mixed make others beside them look so: those whose exchange mends most come first, and
    those that move most, and either leaf is in one exchange only.
    """
    dag = desk.bench.workspace.intents
    asked = [one for one in open_ones if not one.disputed]
    # Tickets of a leaf that no way leads to look like those of any two others.
    pairs = () if cut_off_leaves(dag) else _pairs(dag, asked)
    whole = {pair: hint for pair in pairs if (hint := _exchange(desk, pair, asked))}
    found: dict[Pair, Hint] = {}
    for pair in sorted(whole, key=lambda pair: (*_size(whole[pair]), pair)):
        if not any({*pair} & {*other} for other in found):
            mended = {key for hint in found.values() for key in hint.evidence}
            left = [one for one in asked if one.feedback.id not in mended]
            again = mended & {*whole[pair].evidence}
            hint = _exchange(desk, pair, left) if again else whole[pair]
            found |= {pair: hint} if hint else {}
    return [*found.values()]


def _size(hint: Hint) -> tuple[int, int]:
    """How much an exchange mends and moves, the most first."""
    return -len(hint.evidence), -len(hint.operations)


def _exchange(desk: Desk, pair: Pair, asked: Sequence[Diagnosis]) -> Hint | None:
    """The exchange between two leaves, if their examples are mixed and it mends what was rejected."""
    moves = mixed_examples(desk.bench, *pair, {leaf: _texts_of(leaf, pair, asked) for leaf in pair})
    return _tried(desk, pair, moves, asked) if moves else None


def _pairs(dag: IntentDag, asked: Sequence[Diagnosis]) -> list[Pair]:
    """Pairs of leaves that tickets came out as or may mean, and of one of these and another beside it."""
    counts: Counter[str] = Counter(str(one.before.leaf) for one in asked)
    counts.update(leaf for one in asked for leaf in _likeliest(one))
    ranked = sorted((leaf for leaf in counts if not is_other(leaf)), key=lambda leaf: (-counts[leaf], leaf))
    found = list(combinations(ranked[:MOST_TOGETHER], 2))
    for leaf in ranked[:MOST_LEAVES]:
        beside = {one for parent in dag.parents_of(leaf) for one in dag.children[parent]}
        found += [(leaf, one) for one in sorted(beside - {leaf, *dag.children}) if not is_other(one)]
    return list(dict.fromkeys((min(pair), max(pair)) for pair in found))


def _likeliest(one: Diagnosis) -> list[str]:
    """The leaves that a rejection may mean, the first few."""
    wanted = (r.intervention.wanted.leaf for r in one.readings if r.intervention.step == "intent")
    return list(dict.fromkeys(leaf for leaf in wanted if leaf))[:MEANT]


def _tried(desk: Desk, pair: Pair, moves: Sequence[Move], asked: Sequence[Diagnosis]) -> Hint | None:
    """The exchange, if it mends nearly all that was rejected at the two leaves and may mean it."""
    leaves = _leaves_then(desk, pair, moves, asked)
    members = tuple(one for one in asked if one.feedback.id in leaves)
    if not members or not _is_likely(members, desk.read):
        return None
    group = Group(("intent", "exchange", *pair), members)
    draft = exchange(desk.bench, group, moves, leaves)
    found = try_draft(desk, group, draft) if draft else None
    if not isinstance(found, Hint):
        return None
    witnesses = (
        _meant_there(found, members, leaves) >= MEANT_THERE,
        sum(len(known_texts(desk.bench, leaf)) for leaf in pair) >= KNOWN,
        called_better(desk.bench, moves) >= CALLED,
        sum(len(desk.bench.workspace.examples.get(leaf, ())) for leaf in pair) >= MANY,
    )
    if sum(witnesses) < WITNESSES:
        return None
    meant = [one for one in asked if one.before.leaf in pair and _may_mean(one, pair)]
    left = [one for one in meant if one.feedback.id not in found.evidence]
    if len(_texts(left)) > (1 - ENOUGH) * len(_texts(meant)):
        return None
    return replace(found, confidence=SURE)


def _meant_there(fix: Hint, members: Sequence[Diagnosis], leaves: Mapping[str, str]) -> float:
    """How probable it is in the mean that those whom a fix mends mean the leaf they get."""
    own = [one for one in members if one.feedback.id in fix.evidence]
    meant = [
        sum(r.probability for r in one.readings if r.intervention.step == "intent" and _is_for(r, leaf))
        for one, leaf in ((one, leaves[one.feedback.id]) for one in own)
    ]
    return sum(meant) / len(meant)


def _is_for(reading: Reading, leaf: str) -> bool:
    return reading.intervention.wanted.leaf == leaf


def _is_likely(members: Sequence[Diagnosis], read: int) -> bool:
    """Whether so many rejections of all that were read may be about their leaf; one text if it is all."""
    several = len(_texts(members)) >= FEWEST_TEXTS
    if not several and len(members) < read:
        return False
    return mass_of("intent", members) >= (LIKELY if several else LIKELY_ALONE)


def _leaves_then(
    desk: Desk, pair: Pair, moves: Sequence[Move], asked: Sequence[Diagnosis]
) -> Mapping[str, str]:
    """Which of the two leaves each rejection gets by it, for those that get another and may mean that."""
    likely = [one for one in asked if _may_mean(one, pair)]
    if not likely:
        return {}
    try:
        trial = desk.bench.try_operations(moved_back(moves))
    except FixloopError:
        return {}
    after = replay_all(trial.pipeline, [one.feedback for one in likely])
    then = {one.feedback.id: str(after[one.feedback.id].leaf) for one in likely}
    return {
        one.feedback.id: then[one.feedback.id]
        for one in likely
        if then[one.feedback.id] in pair
        and then[one.feedback.id] != one.before.leaf
        and _is_asked_for(one, after[one.feedback.id])
    }


def _is_asked_for(one: Diagnosis, after: Proposal) -> bool:
    """Whether a rejection may ask for what it gets by it: what is expected, and not far from the words."""
    if satisfied_share(one.feedback.expected or {}, after) < 1:
        return False
    meant = sum(r.probability for r in one.readings if r.intervention.wanted.leaf == after.leaf)
    return one.wordless or meant >= TOLD * one.best.probability


def _may_mean(one: Diagnosis, pair: Pair) -> bool:
    """Whether a rejection says nothing, or something that could be for either leaf."""
    steps = (r.intervention for r in one.readings if r.intervention.step == "intent")
    return one.wordless or any(step.wanted.leaf in pair for step in steps)


def _texts_of(leaf: str, pair: Pair, asked: Sequence[Diagnosis]) -> list[str]:
    """What came out as a leaf and may be the other's."""
    return [
        one.feedback.fixture.ticket.customer_text
        for one in asked
        if one.before.leaf == leaf and _may_mean(one, pair)
    ]


def _texts(members: Sequence[Diagnosis]) -> set[str]:
    return {one.feedback.text_digest for one in members}
