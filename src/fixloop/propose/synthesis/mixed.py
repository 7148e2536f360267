"""Examples of two leaves that lie in each other's files, told apart anew.

A model that was taught mixed examples cannot tell which is whose, and where over half lie wrong neither can
their neighbours. The texts whose leaf staff or cases say, and the leaves' own names, begin; then what each
leaf's words are and which example is whose are found in turns (naive Bayes with expectation and maximisation;
Nigam, McCallum, Thrun and Mitchell, 2000). As many are a leaf's as lie in its file: without that one of them
takes what both have in common, and with it nearly everything (known proportions: Mann and McCallum, 2007).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fixloop.hints.operation import Operation
from fixloop.propose.bench.workbench import Workbench, of_leaf
from fixloop.propose.readings.actions import flat_branches
from fixloop.propose.words.lexicon import template_text
from fixloop.propose.words.near import similarities
from fixloop.propose.words.words import with_meanings
from fixloop.workspace.model import PlanTree

ROUNDS = 40
SMOOTHED = 0.1
"""What a word counts for in a leaf that has never shown it."""

FLATTER = 10.0
"""Log-odds are divided by it: a text's n-grams say the same thing about so many times over."""

_DONE = 1e-2
_MOST = 30.0

EXCHANGED, RENAMED, MOST_EXCHANGED = 0.3, 0.9, 80
"""The share of the examples of each of two leaves from which they are mixed, and up to which: if nearly all
changed places it would be the same two leaves under each other's name. And how many are moved: half mended
they stay mixed. Of two leaves as they should be it is seldom a fifth."""

MINGLED, TIDIER = 0.3, 0.12
"""The share of two leaves' examples whose nearest is the other's, from which they may be mixed; and by how
much it has to be less after the moves. By chance it is about half; moves between two leaves that are as they
should be make it more."""

SAME_TEXT = 1 - 1e-4
"""Likeness from which two texts are one."""

SURELY_OTHERS = 4.0
"""The log-odds (nats) from which an example is the other leaf's."""

MOST_KNOWN = 120
"""Texts of a leaf that are looked at: more of them tell the same."""

Texts = Sequence[str]
Move = tuple[str, str, str]
"""An example's text, the leaf it lies in and the one it belongs to."""


def mixed_examples(bench: Workbench, one: str, other: str, rejected: Mapping[str, Texts]) -> list[Move]:
    """The examples that two leaves have of each other, as far as cases and accepted answers tell; else none.

    `rejected` are texts that came out as a leaf and may be the other's, by leaf. They make clearer which
    examples are whose; of tickets that are neither leaf's the examples would only follow, so whether any are
    is for the examples themselves to say, and for the texts whose leaf is known.
    """
    known = {leaf: known_texts(bench, leaf) for leaf in (one, other)}
    told = {one: [*rejected.get(other, ()), *known[one]], other: [*rejected.get(one, ()), *known[other]]}
    for texts in (told, known) if any(rejected.values()) else (known,):
        moves = _moves(bench, texts)
        if _are_mixed(bench, known, moves):
            return moves
    return []


def exchanged(bench: Workbench, known: Mapping[str, Texts]) -> list[Move]:
    """The examples that two leaves have of each other, clearest first; none where the leaves are not mixed.

    `known` are the texts known to be each leaf's.
    """
    found = _moves(bench, known)
    return found if _are_mixed(bench, known, found) else []


def _are_mixed(bench: Workbench, known: Mapping[str, Texts], moves: Sequence[Move]) -> bool:
    """Whether two leaves' examples are mingled, and as many known texts are at home after the moves."""
    if not moves:
        return False
    owned = [(e.text, leaf) for leaf in known for e in bench.workspace.examples.get(leaf, ())]
    mingled = _strangers(owned)
    if mingled < MINGLED:
        return False
    to = {text: leaf for text, _, leaf in moves}
    moved = [(text, to.get(text, leaf)) for text, leaf in owned]
    told = [(text, leaf) for leaf in known for text in known[leaf]]
    return mingled - _strangers(moved) >= TIDIER and _at_home(told, moved) >= _at_home(told, owned)


Owned = Sequence[tuple[str, str]]
"""Texts with the leaf each of them is in."""


def _strangers(owned: Owned) -> float:
    """The share of examples whose nearest among all others is another leaf's."""
    import numpy as np

    texts = [text for text, _ in owned]
    alike = np.round(similarities(texts, texts), 6)
    np.fill_diagonal(alike, -1.0)
    nearest_of = alike.argmax(axis=1)
    strangers = [leaf != owned[n][1] for (_, leaf), n in zip(owned, nearest_of, strict=True)]
    return strangers.count(True) / len(strangers)


def _at_home(told: Owned, owned: Owned) -> int:
    """How many texts whose leaf is known have one of its examples for their nearest but the same text."""
    import numpy as np

    if not told:
        return 0
    alike = np.round(similarities([text for text, _ in told], [text for text, _ in owned]), 6)
    alike[alike > SAME_TEXT] = 0.0
    at_home = [leaf == owned[n][1] for (_, leaf), n in zip(told, alike.argmax(axis=1), strict=True)]
    return at_home.count(True)


def moved_back(moves: Iterable[Move]) -> list[Operation]:
    """Each of these examples taken out of the leaf it lies in and put where it belongs."""
    found = list(moves)
    removed = [Operation("remove_example", {"leaf": out, "text": text}) for text, out, _ in found]
    return removed + [Operation("add_example", {"leaf": to, "text": text}) for text, _, to in found]


def known_texts(bench: Workbench, leaf: str) -> list[str]:
    """Texts that staff or cases say are a leaf's."""
    asked = [text for text, expected in bench.passing_intents if expected == leaf]
    return [*of_leaf(bench, leaf), *asked][:MOST_KNOWN]


def called_better(bench: Workbench, moves: Sequence[Move]) -> float:
    """How much liker the moved examples are to what their new leaf is called and alone says, in the mean."""
    import numpy as np

    leaves = sorted({leaf for _, out, to in moves for leaf in (out, to)})
    called = [with_meanings(_own_words(bench, leaf)) for leaf in leaves]
    alike = similarities([with_meanings(text) for text, _, _ in moves], called)
    place = {leaf: n for n, leaf in enumerate(leaves)}
    gains = [alike[n, place[to]] - alike[n, place[out]] for n, (_, out, to) in enumerate(moves)]
    return round(float(np.mean(gains)), 6)


def _own_words(bench: Workbench, leaf: str) -> str:
    """A leaf's name, its description, and the texts that no other leaf answers with."""
    workspace = bench.workspace
    said = {name: _replies(tree) for name, tree in workspace.plan_trees.items()}
    others = frozenset().union(*(replies for name, replies in said.items() if name != leaf))
    own = sorted(said.get(leaf, frozenset()) - others)
    texts = [template_text(workspace.templates[name]) for name in own if name in workspace.templates]
    return " ".join([leaf.replace("_", " "), workspace.intents.intents[leaf].description, *texts])


def _replies(tree: PlanTree) -> frozenset[str]:
    return frozenset(branch.reply for branch in flat_branches(tree.branches) if branch.reply)


def _moves(bench: Workbench, known: Mapping[str, Texts]) -> list[Move]:
    """The examples of each leaf that are the other's, as far as known texts tell, clearest first."""
    a, b = known
    texts = {leaf: [e.text for e in bench.workspace.examples.get(leaf, ())] for leaf in known}
    named = [[*some, leaf.replace("_", " ")] for leaf, some in known.items()]
    odds = told_apart([*texts[a], *texts[b]], len(texts[a]), *named)
    moved = [(odd, text, a, b) for text, odd in zip(texts[a], odds, strict=False) if odd < -SURELY_OTHERS]
    rest = zip(texts[b], odds[len(texts[a]) :], strict=True)
    back = [(-odd, text, b, a) for text, odd in rest if odd > SURELY_OTHERS]
    for out, own in ((moved, texts[a]), (back, texts[b])):
        if not max(1, EXCHANGED * len(own)) <= len(out) <= RENAMED * len(own):
            return []
    return [found[1:] for found in sorted([*moved, *back])[:MOST_EXCHANGED]]


def told_apart(texts: Sequence[str], size: int, here: Sequence[str], there: Sequence[str]) -> list[float]:
    """The log-odds (nats) of each text that it belongs to the first leaf and not to the second.

    `size` of the texts are the first leaf's, whichever they are. `here` and `there` are texts known to be the
    first leaf's and the second's; none may be empty.
    """
    import numpy as np

    rows = _words_of([*texts, *here, *there])
    asked, first, second = rows[: len(texts)], rows[len(texts) : -len(there)], rows[-len(there) :]
    known = [np.asarray(part.sum(axis=0)).ravel() + SMOOTHED for part in (first, second)]
    odds = np.zeros(len(texts))
    for _ in range(ROUNDS):
        shares = 1 / (1 + np.exp(-np.clip(odds, -_MOST, _MOST)))
        counts = (known[0] + asked.T @ shares, known[1] + asked.T @ (1 - shares))
        told = [np.log(one / one.sum()) for one in counts]
        found = asked @ (told[0] - told[1]) / FLATTER
        found = np.round(found - _border(found, size), 9)
        moved = float(np.abs(found - odds).max(initial=0.0))
        odds = found
        if moved < _DONE:
            break
    return [float(one) for one in odds]


def _border(odds: Any, size: int) -> float:
    """What `size` of the odds lie above, half-way to the next."""
    ranked = sorted(odds.tolist(), reverse=True)
    return (ranked[size - 1] + ranked[size]) / 2 if 0 < size < len(ranked) else 0.0


def _words_of(texts: Sequence[str]) -> Any:
    """Which of the n-grams that several texts have each of them has: a sparse matrix [texts, n-grams]."""
    import numpy as np
    from scipy.sparse import csr_matrix

    from fixloop.pipeline.features import extract

    features = extract(list(texts))
    ids, columns, counts = np.unique(features.ids, return_inverse=True, return_counts=True)
    found = csr_matrix((np.ones(len(columns)), columns, features.indptr), shape=(len(texts), len(ids)))
    return found[:, np.flatnonzero(counts > 1)]
