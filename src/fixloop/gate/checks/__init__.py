"""The checks, in the order a reader wants them: a file each, a function `check(trial) -> Check` in each."""

from collections.abc import Callable
from importlib import import_module

from fixloop.gate.overrides import overridden
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import SKIP, Check
from fixloop.workspace.model import GATE_CHECKS

FIRST = frozenset({"structure"})
"""When one of these fails nothing else can be asked."""


def run_checks(trial: Trial) -> tuple[Check, ...]:
    """Every check in order; after a broken structure the others are skipped, and say so."""
    found: list[Check] = []
    for name in GATE_CHECKS:
        if any(check.id in FIRST and check.status == "fail" for check in found):
            found.append(Check(name, SKIP, "the structure is broken"))
        else:
            found.append(ask(name, trial))
    return tuple(found)


def ask(name: str, trial: Trial) -> Check:
    """One check of the trial, a person's word against it included."""
    check: Callable[[Trial], Check] = import_module(f"{__name__}.{name}").check
    return overridden(check(trial), trial.overrides)
