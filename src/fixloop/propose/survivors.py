"""The cases that are missing, as hints: what would catch a fault that nobody would notice today."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fixloop.hints.model import Hint, fingerprint
from fixloop.hints.operation import Operation
from fixloop.mutants.killers import MADE_UP
from fixloop.mutants.report import GuardReport, Outcome

STEP, KIND = "eval_data", "add_case"
MOST_HINTS = 20
"""A person reads a few cases a day; the next run brings the next ones."""

_SURE, _MADE_UP_CONFIDENCE = 0.9, 0.5
_TOLD = 3


def hints_from_survivors(
    report: GuardReport, rejected: Collection[str] = (), known: Collection[str] = ()
) -> list[Hint]:
    """A hint for each case that would catch faults which survive today, what shows most first.

    Faults somebody could see come before those that only made-up inputs show, weak leaves before strong
    ones. `rejected` are fingerprints of ideas a person has turned down, `known` ids of hints on the record:
    neither is proposed again, and a case is no hint while its fault is turned down.
    """
    weakness = {guard.leaf: place for place, guard in enumerate(report.leaves)}
    groups: dict[str, list[Outcome]] = {}
    for outcome in _in_order(report, weakness):
        if outcome.killer is not None and _idea(outcome) not in rejected:
            groups.setdefault(str(outcome.killer.case["id"]), []).append(outcome)
    hints = (_hint(group) for group in groups.values())
    return [hint for hint in hints if hint.id not in known][:MOST_HINTS]


def _in_order(report: GuardReport, weakness: Mapping[str, int]) -> Iterable[Outcome]:
    last = len(weakness)
    return sorted(
        (*report.survivors, *report.set_aside),
        key=lambda one: (one.unseen, weakness.get(one.mutant.leaf, last), one.mutant.target, one.mutant.id),
    )


def _idea(outcome: Outcome) -> str:
    """What makes two such hints one idea: the fault, whichever case would catch it."""
    mutant = outcome.mutant
    return fingerprint(STEP, mutant.target, KIND, [mutant.operator, mutant.summary])


def _hint(group: list[Outcome]) -> Hint:
    first = group[0]
    assert first.killer is not None
    case, origin = dict(first.killer.case), first.killer.origin
    suite, name = case.pop("suite"), case.pop("id")
    evidence = (origin.removeprefix("ticket "),) if origin.startswith("ticket ") else ()
    return Hint(
        step=STEP,
        kind=KIND,
        target=f"evals/{suite}/#{name}",
        summary=_summary(group),
        evidence=evidence,
        operations=(Operation(KIND, _arguments(suite, name, case)),),
        confidence=_MADE_UP_CONFIDENCE if origin == MADE_UP else _SURE,
        fingerprint=_idea(first),
        open_work=(f"the case says what the workspace answers today ({origin}): is that right?",),
    )


def _arguments(suite: str, name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    return {"suite": suite, "id": name, "to": {"id": name, **case}}


def _summary(group: list[Outcome]) -> str:
    place = group[0].mutant.leaf or group[0].mutant.target
    told = [one.mutant.summary for one in group[:_TOLD]]
    more = f", and {len(group) - _TOLD} faults more" if len(group) > _TOLD else ""
    return f"No case of {place} would notice if: {'; '.join(told)}{more}"
