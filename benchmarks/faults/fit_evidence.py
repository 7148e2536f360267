"""Fit the evidence model's constants on the tuning half: `python benchmarks/faults/fit_evidence.py DATA`.

A conditional logit: of all readings of a rejection, those that name the planted step and place should have
the probability. Only what speaks of a branch's reply and calls is free, and pulled towards where it is
(ridge): with all weights free the fit does better on planted faults, and staff who are not scripted lose by
what it says of leaves. Every workspace and every tuning voice has its part, so that no one's words are
fitted alone. Prints what changes in `propose/evidence/weights.py`, and how often the best reading is right,
by manner and kind, before and after, with each workspace judged by weights fitted without it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from draws import draw, pick
from index import showing_faults
from measure import COMMIT, world_words
from plant import Fault
from scenario import Rejection, Scenario, every_manner, scenarios
from scipy.optimize import minimize
from staff import TUNING, Staff, load_words
from three import FITTED, build_world

from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.wanted import record_ids, tool_names
from fixloop.propose.bench.workbench import build_workbench
from fixloop.propose.diagnosis.diagnose import JUDGEMENT, Asking
from fixloop.propose.evidence.weights import PRIORS, WEIGHTS
from fixloop.propose.readings.interventions import Intervention

MANNERS = 4
"""Scenarios of a fault, of the six there are."""

FITTED_ON = (*FITTED, "telecom", "hotel")

FREE = re.findall(
    r"\S+",
    """
    argument.about argument.calls argument.listed argument.named at_home fits kin.argument kin.condition
    kin.reply kin.tools own tool.argument tool.in tool.in.here tool.in.home tool.in.home.deed tool.in.like
    tool.in.usual tool.in.with tool.out tool.out.home tool.out.like tool.out.usual tools.only unrendered.sent
    unseen
    """,
)
"""The weights that are fitted; the others stay as they are."""


@dataclass(frozen=True)
class Asked:
    """One rejection: a line a reading with its features, which are right, and where it came from."""

    fault: str
    kind: str
    world: str
    manner: str
    truth: str
    names: tuple[str, ...]
    matrix: np.ndarray
    right: np.ndarray
    groups: np.ndarray


def is_right(fault: Fault, row: Rejection, truth: Proposal, one: Intervention) -> bool:
    """Whether a reading names what was planted, and what the right proposal was."""
    if row.truth in ("wrong", "contradicted"):
        return one.step == "none"
    if one.step != fault.step:
        return False
    if one.step == "intent":
        removed = fault.kind == "leaf_removed"
        return (
            one.kind == "add_leaf" if removed and truth.leaf == fault.leaf else one.wanted.leaf == truth.leaf
        )
    if one.step == "plan":
        return one.target in fault.targets and _same_action(one, truth)
    if one.step == "fetch":
        return one.wanted.records == record_ids(truth)
    return one.target in fault.targets


def _same_action(one: Intervention, truth: Proposal) -> bool:
    return one.wanted.reply == truth.reply.template and one.wanted.tools == tool_names(truth)


def asked_of(scenario: Scenario, world: str) -> Iterable[Asked]:
    """The rejections of a scenario with all their readings."""
    bench = build_workbench(COMMIT, scenario.base.snapshot, scenario.feedback, scenario.world.cache)
    wished = [one for one in scenario.feedback if one.outcome != "accepted"]
    accepted = {one.text_digest for one in scenario.feedback if one.outcome == "accepted"}
    disputed = frozenset(accepted & {one.text_digest for one in wished})
    asking = Asking.of(bench, wished, disputed, {}, JUDGEMENT, scenario.feedback)
    rows = {row.feedback.id: row for row in scenario.rejections}
    for n, one in enumerate(wished):
        row = rows[one.id]
        fault = scenario.second.fault if row.truth == "second" and scenario.second else scenario.showing.fault
        truth = scenario.world.truth[str(one.ticket["id"])]
        weighed = asking.weigh(n)
        names = tuple(sorted({name for w in weighed for name in w.features} | {f"prior.{s}" for s in PRIORS}))
        place = {name: column for column, name in enumerate(names)}
        matrix = np.zeros((len(weighed), len(names)))
        for line, w in enumerate(weighed):
            for name, value in w.features.items():
                matrix[line, place[name]] = value
            step = "new_leaf" if w.outcome.intervention.kind == "add_leaf" else w.outcome.intervention.step
            matrix[line, place[f"prior.{step}"]] = 1.0
        right = np.array([is_right(fault, row, truth, w.outcome.intervention) for w in weighed])
        keys = {key: k for k, key in enumerate(dict.fromkeys(w.outcome.intervention.key for w in weighed))}
        groups = np.array([keys[w.outcome.intervention.key] for w in weighed])
        yield Asked(fault.id, fault.kind, world, row.manner, row.truth, names, matrix, right, groups)


def gather(world_name: str, cache: Path, data: Path | None, limit: int) -> Iterable[Asked]:
    """The rejections of some scenarios of a workspace, each in the words of one of the voices."""
    world = build_world(world_name, cache, data)
    staff = {voice: Staff(load_words(world_name, voice), world_words(world)) for voice in TUNING}
    every = [one for one in showing_faults(world) if one.fault.half == "tune"]
    taken: dict[str, int] = defaultdict(int)
    for showing in every:
        fault = showing.fault
        taken[fault.kind] += 1
        if taken[fault.kind] > limit:
            continue
        manners = sorted(every_manner(fault.id), key=lambda manner: draw(10_000, "fit", fault.id, manner))
        for manner in manners[:MANNERS]:
            voice = staff[pick(TUNING, "fit voice", fault.id, manner)]
            for scenario in scenarios(world, showing, every, voice, [manner]):
                yield from asked_of(scenario, world_name)


# --- the fit --------------------------------------------------------------------------------------------


def columns_of(asked: Sequence[Asked]) -> tuple[str, ...]:
    return tuple(sorted({name for one in asked for name in one.names}))


def spread(asked: Sequence[Asked], columns: Sequence[str]) -> list[np.ndarray]:
    place = {name: n for n, name in enumerate(columns)}
    found = []
    for one in asked:
        wide = np.zeros((len(one.matrix), len(columns)))
        wide[:, [place[name] for name in one.names]] = one.matrix
        found.append(wide)
    return found


def start(columns: Sequence[str]) -> np.ndarray:
    return np.array(
        [
            np.log(PRIORS[c.removeprefix("prior.")]) if c.startswith("prior.") else WEIGHTS.get(c, 0.0)
            for c in columns
        ]
    )


def ridges(columns: Sequence[str], ridge: float) -> np.ndarray:
    return np.array([ridge if column in FREE else 1e3 for column in columns])


def fit(
    wide: Sequence[np.ndarray], asked: Sequence[Asked], first: np.ndarray, ridge: np.ndarray
) -> np.ndarray:
    """Weights of least loss; a rejection none of whose readings is right teaches nothing."""
    useful = [(x, one.right) for x, one in zip(wide, asked, strict=True) if one.right.any()]
    sizes = [len(x) for x, _ in useful]
    stacked, right = np.vstack([x for x, _ in useful]), np.concatenate([r for _, r in useful])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = stacked @ weights
        scores -= np.maximum.reduceat(scores, starts)[owner]
        mass = np.exp(scores)
        total, good = np.add.reduceat(mass, starts), np.add.reduceat(mass * right, starts)
        good = np.maximum(good, 1e-300)
        slope = stacked.T @ (mass / total[owner] - mass * right / good[owner])
        apart = weights - first
        value = float(np.sum(np.log(total) - np.log(good))) + float(ridge @ (apart * apart))
        return value, slope + 2 * ridge * apart

    return np.asarray(minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 400}).x)


@dataclass(frozen=True)
class Result:
    """Whether the first reading is right, whether one of three is, and how sure the first was."""

    hit: bool
    top: bool
    sure: float


def judge(x: np.ndarray, one: Asked, weights: np.ndarray) -> Result:
    scores = x @ weights
    mass = np.exp(scores - scores.max())
    keyed, good = np.bincount(one.groups, mass), np.bincount(one.groups, one.right) > 0
    order = np.argsort(-keyed, kind="stable")
    return Result(bool(good[order[0]]), bool(good[order[:3]].any()), float(keyed[order[0]] / keyed.sum()))


def table(title: str, asked: Sequence[Asked], results: Sequence[Result]) -> None:
    print(f"--- {title}")
    for key in ("manner", "kind", "world", "truth"):
        rows: dict[str, list[Result]] = defaultdict(list)
        for one, result in zip(asked, results, strict=True):
            if key == "truth" or one.truth == "planted":
                rows[getattr(one, key)].append(result)
        for name in sorted(rows):
            found = rows[name]
            hit, top, sure = (np.mean([getattr(r, f) for r in found]) for f in ("hit", "top", "sure"))
            print(f"{key:7} {name:22} {len(found):5}  first {hit:.3f}  of three {top:.3f}  stated {sure:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with the public data sets")
    parser.add_argument("--limit", type=int, default=12)
    parser.add_argument("--ridge", type=float, default=1.0)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "fixloop-faults-cache")
    options = parser.parse_args()
    worlds = FITTED_ON if options.data else ("bank", "telecom", "hotel")
    asked = [one for name in worlds for one in gather(name, options.cache, options.data, options.limit)]
    columns = columns_of(asked)
    wide, first = spread(asked, columns), start(columns)
    table("as it is", asked, [judge(x, one, first) for x, one in zip(wide, asked, strict=True)])
    held = ridges(columns, options.ridge)
    results: dict[int, Result] = {}
    for left_out in worlds:
        inside = [n for n, one in enumerate(asked) if one.world != left_out]
        weights = fit([wide[n] for n in inside], [asked[n] for n in inside], first, held)
        own = (n for n, one in enumerate(asked) if one.world == left_out)
        results |= {n: judge(wide[n], asked[n], weights) for n in own}
    table("fitted without its workspace", asked, [results[n] for n in range(len(asked))])
    weights = fit(wide, asked, first, held)
    for name, value in zip(columns, weights, strict=True):
        if name in FREE:
            print(f'    "{name}": {value:.2f},')


if __name__ == "__main__":
    main()
