"""Faults in intents: an example less, an edge cut, a threshold that holds back too little or too much."""

import hashlib
from collections.abc import Collection, Iterator

from fixloop.mutants.mutant import EdgeEdit, ExampleEdit, Mutant, ThresholdEdit
from fixloop.workspace.model import Workspace
from fixloop.workspace.text import shown

_PATH = "workspace/intents.yaml"
SHIFT = 0.1
"""Of a threshold, which is a share of 1."""


def _remove_example(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    for leaf, examples in workspace.examples.items():
        if leaves and leaf not in leaves:
            continue
        for example in examples:
            digest = hashlib.sha256(example.text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            yield Mutant(
                "remove an example",
                "intent",
                leaf,
                f"workspace/examples/{leaf}.jsonl#{digest}",
                f"{leaf} does not know {shown(example.text, 60)}",
                ExampleEdit(leaf, example.text),
            )


def _cut_edge(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    below = workspace.intents.children
    for parent, children in below.items():
        if len(children) < 2:
            continue  # a parent without children would be a leaf, and that is another fault
        for child in children:
            yield Mutant(
                "cut an edge",
                "intent",
                "" if child in below else child,
                f"{_PATH}#{parent}",
                f"{parent} does not lead to {child}",
                EdgeEdit(parent, child),
            )


def _shift_threshold(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    for level, threshold in workspace.intents.thresholds.items():
        for shifted in (max(0.0, threshold - SHIFT), min(1.0, threshold + SHIFT)):
            to = round(shifted, 6)
            if to != threshold:
                yield Mutant(
                    "shift an intent threshold",
                    "intent",
                    "",
                    f"{_PATH}#thresholds.{level}",
                    f"the threshold of {level} is {to:g}, not {threshold:g}",
                    ThresholdEdit(level, to),
                )


OPERATORS = {
    "remove an example": _remove_example,
    "cut an edge": _cut_edge,
    "shift an intent threshold": _shift_threshold,
}
