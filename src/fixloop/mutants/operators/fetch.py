"""Faults in fetching: a signal that counts too much or too little, a threshold too low or too high."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from fixloop.mutants.mutant import FetchEdit, Mutant
from fixloop.workspace.model import Signal, Workspace

_PATH = "workspace/fetch.yaml"


def _shift_weight(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    """Each weight one more and one less, halved and doubled."""
    rules = workspace.fetch
    for index, signal in enumerate(rules.signals):
        for weight in _others(signal):
            shifted = replace(signal, weight=weight)
            signals = (*rules.signals[:index], shifted, *rules.signals[index + 1 :])
            yield Mutant(
                "shift a weight",
                "fetch",
                "",
                f"{_PATH}#{signal.field}",
                f"{signal.field} at {signal.source}.{signal.match} weighs {weight:g}, not {signal.weight:g}",
                FetchEdit(replace(rules, signals=signals)),
            )


def _others(signal: Signal) -> list[float]:
    weight = signal.weight
    return sorted({weight + 1, weight - 1, weight / 2, weight * 2} - {weight})


def _shift_threshold(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    """By the least weight, up and down: one piece of evidence more, or less, is asked for."""
    rules = workspace.fetch
    least = min((abs(signal.weight) for signal in rules.signals if signal.weight), default=0)
    for threshold in (rules.threshold - least, rules.threshold + least) if least else ():
        yield Mutant(
            "shift the fetch threshold",
            "fetch",
            "",
            f"{_PATH}#threshold",
            f"the threshold is {threshold:g}, not {rules.threshold:g}",
            FetchEdit(replace(rules, threshold=threshold)),
        )


OPERATORS = {"shift a weight": _shift_weight, "shift the fetch threshold": _shift_threshold}
