"""Eval cases, read from `evals/<suite>/*.yaml` and `*.jsonl`; every problem has its place and its mend."""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from fixloop.errors import BadInput, Place
from fixloop.evals.case import SUITES, Case, CaseSet
from fixloop.evals.case_files import problem_at
from fixloop.evals.case_ids import id_problems
from fixloop.evals.case_store import CaseFile, read_case_files
from fixloop.ports.cache import Cache, NoCache
from fixloop.workspace.model import Problem, Workspace
from fixloop.workspace.snapshot import Snapshot, below
from fixloop.workspace.text import did_you_mean, named

__all__ = [
    "SUITES",
    "Case",
    "CaseInspection",
    "CaseSet",
    "CasesInvalid",
    "inspect_cases",
    "load_cases",
    "read_cases",
]

FOLDER = "evals"


class CasesInvalid(BadInput):
    """Cases that cannot be judged as they stand; `problems` has all of them, the message the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first, more = problems[0], len(problems) - 1
        rest = f" (and {more} more; run `fixloop check`)" if more else ""
        super().__init__(first.message + rest, place=first.place, mend=first.mend)
        self.problems = problems


class CaseInspection(NamedTuple):
    """What `check` learns of the cases: those that can be read, and everything wrong."""

    cases: CaseSet
    problems: tuple[Problem, ...]


def load_cases(
    snapshot: Snapshot, suites: Collection[str] | None = None, cache: Cache | None = None
) -> CaseSet:
    """Every case of a snapshot, or of some suites; with a cache, files read before are not parsed again.

    Raises:
        CasesInvalid: a file or a case cannot be read; carries every problem.
    """
    cases, problems = read_cases(snapshot, suites, cache)
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors:
        raise CasesInvalid(errors)
    return cases


def inspect_cases(snapshot: Snapshot, workspace: Workspace) -> CaseInspection:
    """Every case that can be read, and all that is wrong with cases: shape, references, splits."""
    from fixloop.evals.case_references import Known, reference_faults
    from fixloop.evals.splits import split_overlaps

    cases, problems = read_cases(snapshot)
    known = Known(workspace)
    for case in cases:
        problems += tuple(problem_at(snapshot, case, fault) for fault in reference_faults(known, case))
    problems += tuple(overlap.problem for overlap in split_overlaps(workspace, cases))
    return CaseInspection(cases, tuple(sorted(problems, key=lambda problem: problem.place)))


class CaseFiles(NamedTuple):
    """The case files of a snapshot, and a problem for each file nobody would read."""

    files: list[CaseFile]
    problems: list[Problem]


class _Read(NamedTuple):
    """Case files, each named by its content, and all that was found in them."""

    files: CaseFiles
    found: CaseInspection


_LATELY: list[_Read] = []
"""What was read last."""


def read_cases(
    snapshot: Snapshot, suites: Collection[str] | None = None, cache: Cache | None = None
) -> CaseInspection:
    """The readable cases with every problem of form; refers to nothing outside the case files.

    Snapshots with the same case files are given the very same cases: a gate asks for those of three.
    """
    files = located(snapshot, suites)
    if _LATELY and _LATELY[0].files == files:
        return _LATELY[0].found
    found = _inspected(snapshot, files, cache or NoCache())
    _LATELY[:] = [_Read(files, found)]
    return found


def _inspected(snapshot: Snapshot, there: CaseFiles, cache: Cache) -> CaseInspection:
    cases: list[Case] = []
    problems = list(there.problems)
    read = read_case_files(snapshot, there.files, cache)
    for file in there.files:
        cases += read[file.path].cases
        problems += read[file.path].problems
    problems += id_problems(cases)
    return CaseInspection(CaseSet(tuple(cases)), tuple(problems))


def located(snapshot: Snapshot, suites: Collection[str] | None = None) -> CaseFiles:
    """Every case file, or those of some suites."""
    found = CaseFiles([], [])
    for path in below(snapshot, FOLDER):
        suite, problem = _suite_of(path)
        if problem:
            found.problems.append(problem)
        elif suite and (suites is None or suite in suites):
            found.files.append(CaseFile(suite, path, snapshot.blob(path) or ""))
    return found


class _Located(NamedTuple):
    suite: str | None
    problem: Problem | None


@lru_cache(maxsize=4_096)  # a gate's three snapshots have nearly the same files
def _suite_of(path: str) -> _Located:
    """The suite a path belongs to; a file nobody would run is a problem, a note beside the cases is not."""
    parts = path.split("/")[1:]
    name = parts[-1]
    if name.startswith(".") or name.endswith(".md"):
        return _Located(None, None)
    if len(parts) == 1:
        return _misplaced(
            path, f"{named(name)} is in no suite", f"move it to {FOLDER}/<suite>/: {', '.join(SUITES)}"
        )
    if parts[0] not in SUITES:
        return _misplaced(path, f"there is no suite {named(parts[0])}", did_you_mean(parts[0], SUITES))
    if len(parts) > 2:
        return _misplaced(
            path, "cases stand directly in their suite's folder", f"move it to {FOLDER}/{parts[0]}/"
        )
    if not name.endswith((".yaml", ".jsonl")):
        return _misplaced(
            path, f"{named(name)} is not read: cases are *.yaml or *.jsonl", "rename or remove it"
        )
    return _Located(parts[0], None)


def _misplaced(path: str, message: str, mend: str) -> _Located:
    return _Located(None, Problem(Place(path), message, mend))
