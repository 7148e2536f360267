"""A leaf that is missing, told by its tickets though nobody says a word.

They go wherever they are least unlike: to several leaves, and unsurely, as hardly a ticket does that staff
accept. Each by itself speaks for one of the leaves there are; only that they scatter tells. One missing leaf
is likelier than as many leaves in want of examples.
"""

from bisect import bisect_right
from collections.abc import Sequence

from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, mass_of
from fixloop.propose.diagnosis.trying import MOST_OF_ONE_THING
from fixloop.propose.evidence.standing import is_kept
from fixloop.propose.readings.catalog import cut_off_leaves

UNSURE = 0.2
"""The share of the accepted tickets that step one trusted less: what it trusts no more is unsure."""

FEWEST_ACCEPTED = 30
"""Accepted tickets that show how sure step one usually is."""

FEWEST_TEXTS, FEWEST_LEAVES = 3, 2
"""Distinct texts that have to scatter, and over how many leaves."""

ONE_IN = 3
"""The part of all rejections read that they are at least: among many others they are of many things."""

RATHER = 0.5


def scattered(bench: Workbench, open_ones: Sequence[Diagnosis], read: int) -> list[Diagnosis]:
    """Those of the unexplained rejections that one missing leaf explains; none where nothing speaks for it.

    `read` is how many rejections there are.
    """
    if cut_off_leaves(bench.workspace.intents):
        return []  # tickets of a leaf that no way leads to scatter as well
    found = [one for one in open_ones if one.wordless and not one.disputed and not _is_rather_right(one)]
    unsure = unsurely_answered(bench, found)
    texts = {one.feedback.text_digest for one in unsure}
    leaves = {one.before.leaf for one in unsure}
    if len(texts) < FEWEST_TEXTS or len(leaves) < FEWEST_LEAVES or mass_of("intent", unsure) < RATHER:
        return []
    return unsure if len(texts) <= MOST_OF_ONE_THING and ONE_IN * len(unsure) >= read else []


def unsurely_answered(bench: Workbench, rejections: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Those that step one trusted as little as hardly a ticket that staff accept; none where too few are."""
    trust = _usual_trust(bench)
    if len(trust) < FEWEST_ACCEPTED:
        return []
    return [one for one in rejections if bisect_right(trust, _trust(one)) <= UNSURE * len(trust)]


def _trust(one: Diagnosis) -> float:
    return one.before.scores.get(one.before.raw_leaf, 0.0)


def _is_rather_right(one: Diagnosis) -> bool:
    return mass_of("none", [one]) >= RATHER


def _usual_trust(bench: Workbench) -> list[float]:
    """How much step one trusts its answers to accepted tickets, ascending."""
    if "trust" not in bench.kept:
        accepted = (one for one in bench.stored if one.outcome == "accepted")
        given = [(one, bench.before[one.id]) for one in accepted]
        bench.kept["trust"] = sorted(
            now.scores.get(now.raw_leaf, 0.0) for one, now in given if is_kept(one, now)
        )
    found: list[float] = bench.kept["trust"]
    return found
