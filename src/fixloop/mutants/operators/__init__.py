"""The operators, a file for each step: functions from a workspace to its mutants.

To add one, write a generator and name it in its file's `OPERATORS`.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib import import_module

from fixloop.mutants.mutant import ExampleEdit, Mutant
from fixloop.workspace.model import Workspace

STEPS = ("intent", "extraction", "fetch", "plan")
"""The steps faults are injected into, in the order of the pipeline."""

EXAMPLES_A_LEAF = 3
"""A refit costs a tenth of a second, and one example of twenty tells much what the next does."""

Operator = Callable[[Workspace, Collection[str]], Iterator[Mutant]]
"""From a workspace and the leaves that are asked about (an empty collection for all) to mutants."""


def operators(step: str) -> Mapping[str, Operator]:
    """The operators of a step, by name."""
    found: Mapping[str, Operator] = import_module(f"{__name__}.{step}").OPERATORS
    return found


def find_mutants(
    workspace: Workspace,
    *,
    leaves: Collection[str] = (),
    steps: Collection[str] = STEPS,
    most: int | None = None,
) -> tuple[Mutant, ...]:
    """Every fault the operators know for this workspace, in the order of steps, files and branches.

    `leaves` leaves out what sits in other leaves, and what leaves share. `most` keeps that many of each leaf
    and step, drawn by the digests of their ids: the same workspace gives the same ones, and a fault that
    goes or comes moves few others. Without it all are found, but of examples `EXAMPLES_A_LEAF`.
    """
    found: list[Mutant] = []
    for step in STEPS:
        if step in steps:
            found += _of_step(workspace, step, leaves, most)
    return tuple(found)


def _of_step(workspace: Workspace, step: str, leaves: Collection[str], most: int | None) -> list[Mutant]:
    made = [mutant for make in operators(step).values() for mutant in make(workspace, leaves)]
    distinct = list({mutant.id: mutant for mutant in made}.values())
    distinct = [mutant for mutant in distinct if not leaves or mutant.leaf in leaves]
    if most is not None:
        return _drawn(distinct, most)
    if step != "intent":
        return distinct
    examples = [mutant for mutant in distinct if isinstance(mutant.edit, ExampleEdit)]
    kept = {mutant.id for mutant in _drawn(examples, EXAMPLES_A_LEAF)}
    return [one for one in distinct if one.id in kept or not isinstance(one.edit, ExampleEdit)]


def _drawn(mutants: Iterable[Mutant], most: int) -> list[Mutant]:
    by_leaf: dict[str, list[Mutant]] = {}
    kept = list(mutants)
    for mutant in kept:
        by_leaf.setdefault(mutant.leaf, []).append(mutant)
    chosen = {one.id for found in by_leaf.values() for one in sorted(found, key=lot)[:most]}
    return [mutant for mutant in kept if mutant.id in chosen]


def lot(mutant: Mutant) -> str:
    """What a sample is drawn by."""
    return hashlib.sha256(mutant.id.encode()).hexdigest()
