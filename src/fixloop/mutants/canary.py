"""The fault that every gate run plants: cheap to make, visible to a case that passes today."""

from dataclasses import dataclass, replace

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.result import PASS, EvalReport
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.ports.cache import Cache
from fixloop.workspace.model import Branch, IntentDag, PlanTree, Workspace

MOST_CASES = 30


@dataclass(frozen=True, slots=True)
class Canary:
    """A faulty pipeline, the cases that must notice, and the fault in words."""

    pipeline: Pipeline
    cases: CaseSet
    fault: str


def plant(workspace: Workspace, baseline: EvalReport, cache: Cache) -> Canary | None:
    """A fault some passing case must see: a tree without branches, no records, or nothing recognised.

    None where no case passes at all.
    """
    for faulty in (_bare_tree, _unreachable_records, _nothing_recognised):
        found = faulty(workspace, baseline)
        if found is not None:
            mutant, cases, fault = found
            return Canary(compile_pipeline(mutant, cache), CaseSet(cases[:MOST_CASES]), fault)
    return None


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


def _nothing_recognised(workspace: Workspace, baseline: EvalReport) -> _Found:
    """A root threshold that no score reaches: every ticket falls to `other`."""
    cases = tuple(case for case in _passing(baseline, "intent") if case.expect != "other")
    if not cases:
        return None
    blind = IntentDag(workspace.intents.root, workspace.intents.intents, {"root": 2.0})
    protected = tuple(replace(case, spec={**case.spec, "protect": True}) for case in cases)
    return replace(workspace, intents=blind), protected, "a root threshold that no score reaches"
