"""The way down the DAG for a batch of texts: shares multiply along a path, hopeless parents go unscored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.features import Ints
from fixloop.pipeline.heard import Batch
from fixloop.pipeline.intent_graph import IntentGraph
from fixloop.pipeline.linear import Linear

SHARPNESS = 2.5  # of the softmax over margins
_SLACK = 2e-6  # more than rounding to six digits can move a score
_NOWHERE = -1
OUTSIDE = ""  # a class below the root for the texts of `other`: its share is lost, no leaf gets it


@dataclass(frozen=True, slots=True)
class Chooser:
    """One parent's classifier, with its classes parted into labels and further parents."""

    fit: Linear | None
    label_columns: Ints  # of the classifier
    labels: Ints  # the graph's labels they are
    parent_columns: Ints
    parents: Ints

    @classmethod
    def of(cls, graph: IntentGraph, fit: Linear | None) -> Chooser:
        """The chooser of a parent; without a fit it leads nowhere."""
        classes = fit.classes if fit else ()
        parents = {one: place for place, one in enumerate(graph.parents)}
        labels = {one: place for place, one in enumerate(graph.labels)}
        down = [column for column, one in enumerate(classes) if one in parents]
        ends = [column for column, one in enumerate(classes) if one in labels]
        return cls(
            fit,
            np.array(ends, np.int64),
            np.array([labels[classes[column]] for column in ends], np.int64),
            np.array(down, np.int64),
            np.array([parents[classes[column]] for column in down], np.int64),
        )


@dataclass(slots=True)
class Descent:
    """A batch on its way down; ``strong`` and ``via`` keep the strongest single path and its last parent."""

    joint: NDArray[np.float64]  # [rows, labels] share that has arrived
    mass: NDArray[np.float64]  # [rows, parents] share that has arrived
    open: NDArray[np.bool_]  # [rows, parents] share not yet passed on
    label_strong: NDArray[np.float64]
    label_via: NDArray[np.int16]
    parent_strong: NDArray[np.float64]
    parent_via: NDArray[np.int16]

    @classmethod
    def start(cls, rows: int, parents: int, labels: int) -> Descent:
        """Everything at the root, which is the first parent."""
        at_root = np.zeros((rows, parents))
        at_root[:, 0] = 1.0
        to_labels, to_parents = np.zeros((rows, labels)), np.zeros((rows, parents))
        to_parents[:, 0] = 1.0
        return cls(
            to_labels,
            at_root,
            at_root > 0,
            np.zeros((rows, labels)),
            np.full((rows, labels), _NOWHERE, np.int16),
            to_parents,
            np.full((rows, parents), _NOWHERE, np.int16),
        )

    def pass_on(self, rows: Ints, parent: int, chooser: Chooser, margins: NDArray[np.float32]) -> None:
        """Divide what a parent holds of those rows among its classes, by their margins there."""
        shares = _shares(margins)
        held, strong = self.mass[rows, parent, None], self.parent_strong[rows, parent, None]
        ends, down = shares[:, chooser.label_columns], shares[:, chooser.parent_columns]
        self.open[rows, parent] = False
        to_labels, to_parents = (
            _cells(self.joint, rows, chooser.labels),
            _cells(self.mass, rows, chooser.parents),
        )
        _flat(self.joint)[to_labels] = self.joint.take(to_labels) + held * ends
        _flat(self.mass)[to_parents] = self.mass.take(to_parents) + held * down
        _flat(self.open)[to_parents] = True
        _keep_strongest(self.label_strong, self.label_via, to_labels, strong * ends, parent)
        _keep_strongest(self.parent_strong, self.parent_via, to_parents, strong * down, parent)


def _shares(margins: NDArray[np.float32]) -> NDArray[np.float64]:
    """How a row's share divides among the classes [rows, classes]; each row sums to 1."""
    sharp = SHARPNESS * margins.astype(np.float64)
    shares: NDArray[np.float64] = np.exp(sharp - sharp.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _keep_strongest(
    strong: NDArray[np.float64],
    via: NDArray[np.int16],
    cells: Ints,
    offered: NDArray[np.float64],
    parent: int,
) -> None:
    before = strong.take(cells)
    _flat(via)[cells] = np.where(offered > before, parent, via.take(cells))
    _flat(strong)[cells] = np.maximum(offered, before)


def _cells(table: NDArray[Any], rows: Ints, columns: Ints) -> Ints:
    """Where rows and columns of a table cross [rows, columns]; one number each is quicker than a pair."""
    cells: Ints = rows[:, None] * table.shape[1] + columns
    return cells


def _flat(table: NDArray[Any]) -> NDArray[Any]:
    """A table as one line, to be written to."""
    return table.reshape(-1)


def descend(graph: IntentGraph, choosers: list[Chooser], batch: Batch, best: int | None) -> Descent:
    """Score a batch. The ``best`` labels of each row are exact, the others a lower bound; all exact for None.

    Branch and bound: what is still open above a label is all it can gain, so a parent none of whose labels
    can come among the best is not scored. A level is finished before the next, so no share comes late.
    """
    descent = Descent.start(len(batch), len(graph.parents), len(graph.labels))
    levels = np.array([graph.levels[parent] for parent in graph.parents])
    for level in range(levels.max() + 1):
        here = levels == level
        rows = np.arange(len(batch))
        # Where nothing of a level is wanted now, nothing of it is later: only what a row is given changes it.
        while len(rows := rows[(descent.open[rows] & here).any(axis=1)]):
            wanted = _wanted(descent, rows, graph.reach, best) & here
            some = wanted.any(axis=1)
            rows, wanted = rows[some], wanted[some]
            strongest = np.where(wanted, descent.mass[rows], -1.0).argmax(axis=1)
            # Not np.unique: without counts it loads numpy.ma, 15 ms of every start.
            for parent in sorted(set(strongest.tolist())):
                here_now = rows[strongest == parent]
                descent.pass_on(here_now, parent, choosers[parent], batch.margins(parent, here_now))
    return descent


def _wanted(descent: Descent, rows: Ints, reach: NDArray[np.bool_], best: int | None) -> NDArray[np.bool_]:
    """The open parents of some rows that may still change their best labels [rows, parents]."""
    open_, joint = descent.open[rows], descent.joint[rows]
    labels = joint.shape[1]
    if best is None or best >= labels:
        return open_
    held = np.where(open_, descent.mass[rows], 0.0)
    bound = np.partition(joint, labels - best, axis=1)[:, labels - best, None]
    # Not `held @ reach`: a product this small on BLAS threads costs more than the rest of the descent.
    gains = np.einsum("rp,pl->rl", held, reach)
    hopeful = joint + gains >= bound - _SLACK
    wanted: NDArray[np.bool_] = open_ & (hopeful @ reach.T)
    return wanted


def trace_path(graph: IntentGraph, descent: Descent, labels: Ints) -> list[tuple[str, ...]]:
    """The strongest path from below the root to one label of each row."""
    rows = range(len(labels))
    ends = labels.tolist()
    above = descent.label_via[np.arange(len(labels)), labels].tolist()
    return [_upwards(graph, descent, row, ends[row], above[row]) for row in rows]


def _upwards(graph: IntentGraph, descent: Descent, row: int, label: int, parent: int) -> tuple[str, ...]:
    path = [graph.labels[label]]
    while parent > 0:
        path.append(graph.parents[parent])
        parent = int(descent.parent_via[row, parent])
    return tuple(reversed(path))
