"""What proposals are tried on: one base, compiled and measured once, and overlays laid over it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.cases import load_cases
from fixloop.evals.memo import ResultMemo
from fixloop.evals.result import PASS, CaseResult, EvalReport
from fixloop.evals.run import evaluate
from fixloop.evals.splits import case_text
from fixloop.evals.suites.pipeline import fixture_of, ticket_of
from fixloop.feedback.model import Feedback
from fixloop.feedback.personal import Personal, personal_rules
from fixloop.feedback.replays import distinct_tickets, replay_all
from fixloop.fixes.apply import apply_operations
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.fetch import Fields, Rows
from fixloop.pipeline.fixture import NOT_FORCED
from fixloop.pipeline.memo import Memo
from fixloop.pipeline.proposal import Proposal
from fixloop.ports.cache import Cache, Drafts, NoCache
from fixloop.propose.words.near import Embedder, embedder_of
from fixloop.workspace.model import Row, Workspace
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.stored import load_beside, load_stored
from fixloop.workspace.text import text_digest

if TYPE_CHECKING:
    from fixloop.propose.bench.situations import Ground


@dataclass(frozen=True, slots=True)
class Trial:
    """A workspace with operations laid over it, compiled: nothing on disk, nothing in git."""

    snapshot: Snapshot
    workspace: Workspace
    pipeline: Pipeline


@dataclass(frozen=True)
class Workbench:
    """The base of a propose run.

    `stored` are the distinct replayable tickets of all feedback, `before` their proposals on this base by
    feedback id, `baseline` the result of every case.
    """

    commit: str
    snapshot: Snapshot
    workspace: Workspace
    pipeline: Pipeline
    cases: CaseSet
    baseline: EvalReport
    stored: tuple[Feedback, ...]
    before: Mapping[str, Proposal]
    cache: Cache
    memo: Memo = field(default_factory=lambda: Memo(NoCache()), compare=False, repr=False)

    @cached_property
    def case_texts(self) -> frozenset[str]:
        """Digests of the texts that are cases: they belong to no other split."""
        return _case_texts(self.cases)

    @cached_property
    def example_leaves(self) -> Mapping[str, str]:
        """The digest of every example's text to its leaf."""
        return {
            text_digest(one.text): str(leaf)
            for leaf, found in self.workspace.examples.items()
            for one in found
        }

    @cached_property
    def asked_leaves(self) -> Mapping[str, str]:
        """The digest of every intent case's text to the leaf it expects."""
        return {text_digest(c.spec["text"]): str(c.expect) for c in self.cases if c.suite == "intent"}

    @cached_property
    def accepted(self) -> Sequence[tuple[str, str]]:
        """(text, leaf) of stored tickets whose leaf staff accepted and that get it still.

        A ticket without a word of its customer is like no other, and no case can be made of it.
        """
        return [
            (text, self.before[one.id].leaf)
            for one in self.stored
            if one.outcome == "accepted" and one.proposal.get("leaf") == self.before[one.id].leaf
            if (text := one.fixture.ticket.customer_text).strip()
        ]

    @cached_property
    def embedder(self) -> Embedder | None:
        """What says which texts are alike, where that is a function of the user's own."""
        return embedder_of(self.workspace.config)

    @cached_property
    def personal(self) -> Personal:
        """What is personal here: no hint may take it over."""
        return personal_rules(self.workspace)

    @cached_property
    def case_proposals(self) -> Sequence[tuple[Case, Proposal]]:
        """Every pipeline and known-good case that passes today, with the proposal it gets."""
        cases = [r.case for suite in ("pipeline", "known_good") for r in self._passing(suite)]
        fixed = [case for case in cases if case.spec.get("rows") is not None]
        live = [case for case in cases if case.spec.get("rows") is None]
        proposed = self.pipeline.propose([ticket_of(case) for case in live])
        proposed += self.pipeline.replay_many([(fixture_of(case), NOT_FORCED) for case in fixed])
        return list(zip([*live, *fixed], proposed, strict=True))

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What synthesis has worked out of this base and may ask again, by name."""
        return {}

    @cached_property
    def population(self) -> "Ground":
        """What is on record, to tell how common something is: stored tickets and rows in files."""
        from fixloop.propose.bench.situations import population_of

        return population_of(self)

    @property
    def passing_intents(self) -> list[tuple[str, str]]:
        """(text, leaf) of the intent cases that pass today."""
        return [(r.case.spec["text"], r.case.expect) for r in self._passing("intent")]

    @property
    def passing_fetches(self) -> list[tuple[Fields, Rows | None, tuple[str, ...]]]:
        """(fields, rows or None for the live sources, wanted ids) of the fetch cases that pass today."""
        return [
            (
                _as_fields(r.case.spec["fields"]),
                r.case.spec.get("rows"),
                tuple(map(str, r.case.expect["records"])),
            )
            for r in self._passing("fetch")
        ]

    def passing_plans(self, leaf: str) -> list[tuple[Fields, tuple[Row, ...], str, str]]:
        """(fields, records, reply, case id) of the plan cases of a leaf that pass today."""
        return [
            (
                _as_fields(r.case.spec.get("fields", {})),
                tuple(r.case.spec.get("records", ())),
                self.pipeline.plan(
                    leaf, r.case.spec.get("fields", {}), r.case.spec.get("records", ())
                ).reply.template,
                r.case.id,
            )
            for r in self._passing("plan")
            if r.case.spec["leaf"] == leaf
        ]

    def _passing(self, suite: str) -> tuple[CaseResult, ...]:
        report = self.baseline.suites.get(suite)
        return report.with_outcome(PASS) if report else ()

    def judge(self, pipeline: Pipeline, but: Collection[str] = ()) -> EvalReport:
        """A pipeline by every case; what reads the same as before is not asked again.

        `but` are suites whose answers are known to be as they were.
        """
        asked = [suite for suite in self.cases.suites if suite not in but]
        found = evaluate(pipeline, self.cases, suites=asked, memo=ResultMemo(self.memo, pipeline))
        kept = {suite: one for suite, one in self.baseline.suites.items() if suite in but}
        return EvalReport({**kept, **found.suites}, found.executed)

    def try_operations(self, operations: Sequence[Operation]) -> Trial:
        """The workspace as it would be with these operations.

        Raises:
            FixloopError: an operation conflicts, or the result is not a valid workspace.
        """
        snapshot = apply_operations(self.snapshot, operations).snapshot
        workspace = load_beside(snapshot, self.snapshot, self.workspace)
        return Trial(snapshot, workspace, compile_pipeline(workspace, self._drafts))

    @cached_property
    def _drafts(self) -> Drafts:
        """What the pipelines of drafts keep; without a cache it is kept for this run."""
        return Drafts(self.cache)


def _as_fields(value: Mapping[str, Any]) -> Fields:
    return {group: {name: tuple(values) for name, values in one.items()} for group, one in value.items()}


def _case_texts(cases: CaseSet) -> frozenset[str]:
    return frozenset(text_digest(text) for text in map(case_text, cases) if text)


def build_workbench(commit: str, snapshot: Snapshot, feedback: Sequence[Feedback], cache: Cache) -> Workbench:
    """Compile and measure the base, and replay every stored ticket on it."""
    workspace = load_stored(snapshot, cache)
    pipeline = compile_pipeline(workspace, cache)
    cases = load_cases(snapshot)
    memo = Memo(NoCache())
    stored = distinct_tickets(feedback)
    return Workbench(
        commit=commit,
        snapshot=snapshot,
        workspace=workspace,
        pipeline=pipeline,
        cases=cases,
        baseline=evaluate(pipeline, cases, memo=ResultMemo(memo, pipeline)),
        stored=stored,
        before=replay_all(pipeline, feedback),
        cache=cache,
        memo=memo,
    )


def unused(bench: Workbench, candidates: Iterable[str]) -> list[str]:
    """The distinct ones of some texts that say anything and are neither example nor case, in digest order."""
    texts = {text_digest(text): text for text in candidates if text.strip()}
    taken = texts.keys() & (bench.example_leaves.keys() | bench.case_texts)
    return [texts[digest] for digest in sorted(texts) if digest not in taken]


def of_leaf(bench: Workbench, leaf: str) -> list[str]:
    """Tickets that staff accepted as a leaf's."""
    return [text for text, accepted in bench.accepted if accepted == leaf]
