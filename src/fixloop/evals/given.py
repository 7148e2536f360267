"""Cases that stand in no file yet: those a hint carries."""

from collections.abc import Iterable, Mapping
from typing import Any

from fixloop.errors import BadInput
from fixloop.evals.case import Case, CaseSet
from fixloop.evals.case_schema import faults_of


def given_cases(specs: Iterable[Mapping[str, Any]]) -> CaseSet:
    """A case set of mappings that name their `suite` and `id` beside what a case file holds.

    Raises:
        BadInput: one of them is no case of its suite.
    """
    return CaseSet(tuple(_case(spec) for spec in specs))


def _case(given: Mapping[str, Any]) -> Case:
    spec = {key: value for key, value in given.items() if key != "suite"}
    faults = list(faults_of(given["suite"], spec))
    if faults:
        raise BadInput(f"case {spec.get('id')}: {faults[0].message}", mend=faults[0].mend)
    return Case(given["suite"], spec["id"], spec)
