"""The fault that every gate run plants: cheap to make, visible to a case that passes today."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.result import PASS, EvalReport
from fixloop.evals.seam import Steps
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.engines import GivenAnswer
from fixloop.ports.cache import Cache
from fixloop.workspace.model import OTHER, Branch, PlanTree, Workspace

MOST_CASES = 30


class Canary(NamedTuple):
    """A faulty pipeline, the cases that must notice, and the fault in words."""

    pipeline: Steps
    cases: CaseSet
    fault: str


def plant(workspace: Workspace, pipeline: Pipeline, baseline: EvalReport, cache: Cache) -> Canary | None:
    """A fault some passing case must see: a tree without branches, no records, or nothing recognised.

    None where no case passes at all.
    """
    for faulty in (_bare_tree, _unreachable_records):
        found = faulty(workspace, baseline)
        if found is not None:
            mutant, cases, fault = found
            return Canary(compile_pipeline(mutant, cache), CaseSet(cases[:MOST_CASES]), fault)
    return _nothing_recognised(pipeline, baseline)


_Found = tuple[Workspace, tuple[Case, ...], str] | None


def _passing(baseline: EvalReport, suite: str) -> tuple[Case, ...]:
    report = baseline.suites.get(suite)
    return tuple(result.case for result in report.with_outcome(PASS)) if report else ()


def _bare_tree(workspace: Workspace, baseline: EvalReport) -> _Found:
    """A leaf whose tree answers everything with another template."""
    for case in _passing(baseline, "plan"):
        leaf, wanted = case.spec["leaf"], case.expect.get("reply")
        wanted = wanted if isinstance(wanted, str) else (wanted or {}).get("template")
        other = next((name for name in sorted(workspace.templates) if name != wanted), None)
        if leaf in workspace.plan_trees and wanted and other:
            tree = workspace.plan_trees[leaf]
            mutant = replace(workspace, plan_trees={**workspace.plan_trees, leaf: _only(tree, other)})
            return mutant, (case,), f"{leaf} answers {other} whatever the ticket"
    return None


def _only(tree: PlanTree, reply: str) -> PlanTree:
    return replace(tree, branches=(Branch(id="canary", reply=reply),))


def _unreachable_records(workspace: Workspace, baseline: EvalReport) -> _Found:
    """A fetch threshold that no record reaches."""
    cases = tuple(case for case in _passing(baseline, "fetch") if case.expect.get("records"))
    if not cases:
        return None
    unreachable = 1 + sum(abs(signal.weight) for signal in workspace.fetch.signals)
    return (
        replace(workspace, fetch=replace(workspace.fetch, threshold=unreachable)),
        cases,
        "a fetch threshold that no record reaches",
    )


def _nothing_recognised(pipeline: Pipeline, baseline: EvalReport) -> Canary | None:
    """Every ticket falls to `other`, whichever engine would have known better."""
    cases = tuple(case for case in _passing(baseline, "intent") if case.expect != OTHER)
    if not cases:
        return None
    protected = tuple(replace(case, spec={**case.spec, "protect": True}) for case in cases[:MOST_CASES])
    return Canary(_Blind(pipeline), CaseSet(protected), "an intent step that recognises nothing")


class _Blind:
    """A pipeline whose first step answers `other` to everything."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    def classify_each(self, texts: Sequence[str]) -> list[GivenAnswer]:
        return [GivenAnswer(OTHER, OTHER, (OTHER,)) for _ in texts]
