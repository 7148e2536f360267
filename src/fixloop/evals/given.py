"""Cases that stand in no file yet: those a hint carries."""

from collections.abc import Iterable, Mapping
from typing import Any

from fixloop.errors import BadInput
from fixloop.evals.case import SUITES, Case, CaseSet
from fixloop.evals.case_ids import id_problems
from fixloop.evals.case_schema import faults_of
from fixloop.workspace.text import did_you_mean, shown


def given_cases(specs: Iterable[Mapping[str, Any]]) -> CaseSet:
    """A case set of mappings that name their `suite` and `id` beside what a case file holds.

    Raises:
        BadInput: one of them is no case of its suite, or two have one id.
    """
    cases = tuple(_case(spec) for spec in specs)
    for problem in id_problems(cases):
        raise BadInput(problem.message, mend=problem.mend)
    return CaseSet(cases)


def _case(given: Mapping[str, Any]) -> Case:
    suite = given.get("suite")
    if suite not in SUITES:
        raise BadInput(f"there is no suite {shown(suite)}", mend=did_you_mean(suite, SUITES))
    spec = {key: value for key, value in given.items() if key != "suite"}
    faults = faults_of(suite, spec)
    if faults:
        raise BadInput(f"case {shown(spec.get('id'))}: {faults[0].message}", mend=faults[0].mend)
    return Case(suite, spec["id"], spec)
