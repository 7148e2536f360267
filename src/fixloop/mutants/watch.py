"""Who could see a fault: cases that pass today and stored tickets, each with what its steps were asked.

A fault in one step is shown to what stands behind that step only: what was extracted before a changed plan
tree is not extracted again. So a mutant costs microseconds where evaluating its workspace costs a second, and
a test holds the two against each other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from fixloop.evals.case import SUITES, Case
from fixloop.evals.result import PASS, CaseResult
from fixloop.evals.seam import rows_of
from fixloop.evals.suites import extraction, fallback, fetch, intent, pipeline, plan
from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Pipeline, texts_at
from fixloop.pipeline.engines import Answer, EngineFailure
from fixloop.pipeline.extraction import Extractor, Rules, fields_from
from fixloop.pipeline.fetch import Fetched, Fields, RecordIndex, Rows
from fixloop.pipeline.fixture import NOT_FORCED, Fixture, Forced
from fixloop.pipeline.plan import Planned
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.rows import declared
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.ticket import Ticket
from fixloop.pipeline.vocabulary import Vocabulary
from fixloop.workspace.model import Branch, FieldRule, Row, Workspace

_TICKETS: Mapping[str, Callable[[Case, Proposal], CaseResult]] = {
    "pipeline": pipeline.judge,
    "fallback": fallback.judge,
    "known_good": pipeline.judge,
}


class World:
    """The rows one case or ticket is answered from, with what is made of them kept."""

    def __init__(self, workspace: Workspace, rows: Rows) -> None:
        self.rows: dict[str, list[Row]] = {
            name: [declared(row, source) for row in rows.get(name, ())]
            for name, source in workspace.fetch.sources.items()
        }
        self._rules = workspace.fetch
        self._words: dict[tuple[str, tuple[str, ...], str | None], Vocabulary] = {}

    @cached_property
    def lookup(self) -> RecordIndex:
        """The index over these rows under the sound rules."""
        return RecordIndex(self._rules, self.rows)

    def extractor(self, rules: Rules) -> Extractor:
        """An extractor of one field; its vocabulary is made once for all patterns that are tried."""
        [found] = rules.fields
        rule = found.rule
        key = (rule.path, rule.values, rule.values_from)
        if key not in self._words:
            given = texts_at(self.rows, rule.values_from) if rule.values_from else ()
            words = {rule.path: [*rule.values, *given]} if found.has_vocabulary else {}
            self._words[key] = Vocabulary(words)
        return Extractor(rules, self._words[key])


@dataclass(frozen=True, slots=True)
class _CaseAsk:
    """A case that passes today."""

    case: Case

    @property
    def name(self) -> str:
        """The case's id."""
        return self.case.id


@dataclass(frozen=True, slots=True)
class _OfText(_CaseAsk):
    """A case about nothing but a text."""

    @property
    def text(self) -> str:
        """The text."""
        return str(self.case.spec["text"])


@dataclass(frozen=True, slots=True)
class PlanAsk(_CaseAsk):
    """A plan case, and what step four said to it."""

    scope: Scope
    planned: Planned

    @property
    def expects_branch(self) -> bool:
        """Whether it names a branch: then the id of the branch counts, and not what it does alone."""
        return "branch" in self.case.expect

    def fails(self, planned: Planned) -> bool:
        """Whether the case would see this answer."""
        return failed(lambda: plan.judge(self.case, planned))


@dataclass(frozen=True, slots=True)
class ExtractionAsk(_OfText):
    """An extraction case, and what step two said to it."""

    world: World
    fields: Fields
    known: Fields | None = None

    def fails(self, found: Fields) -> bool:
        """Whether the case would see these values."""
        return failed(lambda: extraction.judge(self.case, found))


@dataclass(frozen=True, slots=True)
class FetchAsk(_CaseAsk):
    """A fetch case, and what step three said to it."""

    world: World
    fields: Fields
    fetched: Fetched

    def fails(self, fetched: Fetched) -> bool:
        """Whether the case would see this selection."""
        return failed(lambda: fetch.judge(self.case, fetched))


@dataclass(frozen=True, slots=True)
class TextAsk(_OfText):
    """An intent case, and what step one said to it."""

    answer: Answer

    def fails(self, answer: Answer) -> bool:
        """Whether the case would see this leaf."""
        return failed(lambda: intent.judge(self.case, answer))


@dataclass(frozen=True)
class TicketAsk:
    """A whole ticket: a case of a suite that runs all steps, or a stored one that nobody judges."""

    ticket: Ticket
    world: World
    proposal: Proposal
    groups: Mapping[str, Mapping[str, Any]] = field(repr=False)
    case: Case | None = None
    feedback: Feedback | None = None

    @property
    def name(self) -> str:
        """The id of its case, or of its feedback."""
        return self.case.id if self.case else self.feedback.id if self.feedback else ""

    @property
    def is_accepted(self) -> bool:
        """Whether it is a stored ticket whose proposal staff accepted."""
        return self.feedback is not None and self.feedback.outcome == "accepted"

    @property
    def text(self) -> str:
        """What step one and two read."""
        return self.ticket.customer_text

    @cached_property
    def known(self) -> Fields | None:
        """Values on the record, which stand in for vocabularies whose rows are gone."""
        return self.feedback.fixture.fields if self.feedback else None

    @property
    def expects_branch(self) -> bool:
        """As of a plan case."""
        return self.case is not None and "branch" in self.case.expect

    @cached_property
    def fetched(self) -> Fetched:
        """What step three said."""
        found, trace = self.proposal, self.proposal.trace
        return Fetched(found.records, found.candidates, trace.top_score, trace.margin, trace.threshold)

    @cached_property
    def scope(self) -> Scope:
        """What step four was asked."""
        return self.scope_with(self.proposal.fields, self.fetched)

    def scope_with(self, fields: Fields, fetched: Fetched) -> Scope:
        """What step four would be asked after other steps before it."""
        return Scope(self.ticket, fields, fetched, self.groups)

    @cached_property
    def planned(self) -> Planned:
        """What step four said."""
        found, trace = self.proposal, self.proposal.trace
        return Planned(found.branch, found.reply, found.tools, found.needs_review, trace.trail, trace.notes)

    def fails(self, proposal: Proposal) -> bool:
        """Whether its case, if it has one, would see this proposal."""
        case = self.case
        return case is not None and failed(lambda: _TICKETS[case.suite](case, proposal))


def failed(judge: Callable[[], CaseResult]) -> bool:
    """Whether a case fails on an answer, or cannot even be scored."""
    try:
        return judge().outcome != PASS
    except Exception:  # as in `evals.seam`, where it would be an unscored case
        return True


def with_plan(proposal: Proposal, planned: Planned) -> Proposal:
    """A proposal as step four would have ended it otherwise."""
    return replace(
        proposal,
        branch=planned.branch,
        reply=planned.reply,
        tools=planned.tools,
        needs_review=planned.needs_review,
        trace=replace(proposal.trace, trail=planned.trail, notes=planned.notes),
    )


def with_fetch(proposal: Proposal, fields: Fields, fetched: Fetched) -> Proposal:
    """A proposal with other values and records, its plan still the old one."""
    return replace(proposal, fields=fields, records=fetched.records, candidates=fetched.candidates)


# --- what anybody could see -----------------------------------------------------------------------------


def seen_plan(planned: Planned | Proposal) -> tuple[Any, ...]:
    """What staff and customers see of a plan: no ids of branches, which are names for ourselves."""
    return (planned.reply, planned.tools, planned.needs_review)


def seen_ticket(proposal: Proposal) -> tuple[Any, ...]:
    """What staff and customers see of a proposal, scores left aside."""
    records = tuple(record.id for record in proposal.records)
    return (proposal.leaf, proposal.path, proposal.fields, records, *seen_plan(proposal))


def acts_alike(trail: Sequence[Branch], other: Sequence[Branch]) -> bool:
    """Whether two ways through a tree end in the same answer, whatever the branches are called."""
    if not trail or not other:
        return not trail and not other
    return (
        trail[-1].reply == other[-1].reply
        and trail[-1].tools == other[-1].tools
        and any(one.review_always for one in trail) == any(one.review_always for one in other)
    )


# --- all of them ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watch:
    """A sound workspace with everything that looks at it; cases stand in the order of suites and ids.

    Only cases that pass are here: one that fails today says nothing about a fault.
    """

    workspace: Workspace
    pipeline: Pipeline
    plans: Mapping[str, tuple[PlanAsk, ...]]
    extractions: tuple[ExtractionAsk, ...]
    fetches: tuple[FetchAsk, ...]
    texts: tuple[TextAsk, ...]
    tickets: tuple[TicketAsk, ...]
    stored: tuple[TicketAsk, ...]

    @cached_property
    def tickets_of(self) -> Mapping[str, tuple[TicketAsk, ...]]:
        """Cases of whole tickets by the leaf they get."""
        return _by_leaf(self.tickets)

    @cached_property
    def stored_of(self) -> Mapping[str, tuple[TicketAsk, ...]]:
        """Stored tickets by the leaf they get."""
        return _by_leaf(self.stored)

    @property
    def watching(self) -> dict[str, int]:
        """How many cases look at each leaf."""
        found: dict[str, int] = {}
        for leaf in self.workspace.intents.all_leaves:
            asked = sum(one.answer.leaf == leaf for one in self.texts)
            count = len(self.plans.get(leaf, ())) + len(self.tickets_of.get(leaf, ())) + asked
            found[str(leaf)] = count
        return found

    @property
    def looking(self) -> dict[str, int]:
        """How many cases look at each step: its own suite's, and those of whole tickets."""
        whole = len(self.tickets)
        return {
            "intent": len(self.texts) + whole,
            "extraction": len(self.extractions) + whole,
            "fetch": len(self.fetches) + whole,
            "plan": sum(map(len, self.plans.values())) + whole,
        }


def build_watch(
    workspace: Workspace,
    pipeline: Pipeline,
    cases: Iterable[Case],
    stored: Sequence[Feedback] = (),
    leaf_of: Mapping[str, str] | None = None,
) -> Watch:
    """Ask every case and stored ticket once, and keep what each step was asked and said.

    `leaf_of` (id of a whole ticket to its leaf) spares step one where the answer is known already.
    """
    return _Builder(workspace, pipeline, leaf_of).build(cases, stored)


class _Builder:
    def __init__(
        self, workspace: Workspace, pipeline: Pipeline, leaf_of: Mapping[str, str] | None = None
    ) -> None:
        self._workspace = workspace
        self._pipeline = pipeline
        self._leaf_of = leaf_of
        self._groups: dict[str, Mapping[str, Any]] = {rule.group: {} for rule in workspace.extraction}

    def build(self, cases: Iterable[Case], stored: Sequence[Feedback]) -> Watch:
        by_suite: dict[str, list[Case]] = {suite: [] for suite in SUITES}
        for case in sorted(cases, key=lambda case: case.id):
            if self._has_rows(case):
                by_suite[case.suite].append(case)
        plans: dict[str, list[PlanAsk]] = {}
        for case in by_suite["plan"]:
            ask = self._plan(case)
            if not ask.fails(ask.planned):
                plans.setdefault(case.spec["leaf"], []).append(ask)
        whole = [case for suite in _TICKETS for case in by_suite[suite]]
        return Watch(
            self._workspace,
            self._pipeline,
            {leaf: tuple(found) for leaf, found in plans.items()},
            self._extractions(by_suite["extraction"]),
            self._fetches(by_suite["fetch"]),
            self._texts(by_suite["intent"]),
            self._tickets(whole),
            self._stored(stored),
        )

    def _has_rows(self, case: Case) -> bool:
        """Sources that lie elsewhere are not asked: such a case has no result here either."""
        inside = all(source.kind == "jsonl" for source in self._workspace.fetch.sources.values())
        return inside or case.suite in ("plan", "intent") or rows_of(case) is not None

    @cached_property
    def _live(self) -> World:
        return World(self._workspace, self._workspace.records)

    def _world(self, case: Case) -> World:
        rows = rows_of(case)
        return self._live if rows is None else World(self._workspace, rows)

    def _plan(self, case: Case) -> PlanAsk:
        spec = case.spec
        fields, records = spec.get("fields", {}), spec.get("records", ())
        asked = (plan.ticket_for(case), spec.get("fetched"))
        scope = self._pipeline.scope_of(fields, records, *asked)
        planned = self._pipeline.plan(spec["leaf"], fields, records, asked[0], fetched=asked[1])
        return PlanAsk(case, scope, planned)

    def _extractions(self, cases: Sequence[Case]) -> tuple[ExtractionAsk, ...]:
        asks = []
        for case in cases:
            try:
                found = self._pipeline.extract(case.spec["text"], rows_of(case))
            except EngineFailure:
                continue
            asks.append(ExtractionAsk(case, self._world(case), found))
        return tuple(ask for ask in asks if not ask.fails(ask.fields))

    def _fetches(self, cases: Sequence[Case]) -> tuple[FetchAsk, ...]:
        asks = []
        for case in cases:
            world, fields = self._world(case), fields_from(case.spec["fields"])
            asks.append(FetchAsk(case, world, fields, world.lookup.fetch(fields)))
        return tuple(ask for ask in asks if not ask.fails(ask.fetched))

    def _texts(self, cases: Sequence[Case]) -> tuple[TextAsk, ...]:
        answers = self._pipeline.classify_each([case.spec["text"] for case in cases])
        asks = [
            TextAsk(case, answer)
            for case, answer in zip(cases, answers, strict=True)
            if not isinstance(answer, EngineFailure)
        ]
        return tuple(ask for ask in asks if not ask.fails(ask.answer))

    def _tickets(self, cases: Sequence[Case]) -> tuple[TicketAsk, ...]:
        asked = [(case.id, _fixture_of(case)) for case in cases]
        asks = (
            TicketAsk(fixture.ticket, self._world(case), proposal, self._groups, case=case)
            for case, (_, fixture), proposal in zip(cases, asked, self._answers(asked), strict=True)
        )
        return tuple(ask for ask in asks if not ask.fails(ask.proposal))

    def _stored(self, stored: Sequence[Feedback]) -> tuple[TicketAsk, ...]:
        asked = [(one.id, one.fixture) for one in stored]
        return tuple(
            TicketAsk(
                fixture.ticket,
                World(self._workspace, fixture.rows or {}),
                proposal,
                self._groups,
                feedback=one,
            )
            for one, (_, fixture), proposal in zip(stored, asked, self._answers(asked), strict=True)
            if proposal.failure is None
        )

    def _answers(self, asked: Sequence[tuple[str, Fixture]]) -> list[Proposal]:
        """The proposal on each fixture; without rows of its own, on the live sources."""
        known = self._leaf_of
        forced = [NOT_FORCED if known is None else Forced(leaf=known[key]) for key, _ in asked]
        fixtures = [fixture for _, fixture in asked]
        return self._pipeline.replay_many(list(zip(fixtures, forced, strict=True)))


def _fixture_of(case: Case) -> Fixture:
    if rows_of(case) is None:
        return Fixture(pipeline.ticket_of(case))
    return pipeline.fixture_of(case)


def _by_leaf(asks: Iterable[TicketAsk]) -> dict[str, tuple[TicketAsk, ...]]:
    found: dict[str, list[TicketAsk]] = {}
    for ask in asks:
        found.setdefault(ask.proposal.leaf, []).append(ask)
    return {leaf: tuple(some) for leaf, some in found.items()}


def fields_with(rules: Sequence[FieldRule], fields: Fields, path: str, values: tuple[str, ...]) -> Fields:
    """Extracted values with one field's replaced, in the order of the rules."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for rule in rules:
        some = values if rule.path == path else fields.get(rule.group, {}).get(rule.name, ())
        if some:
            found.setdefault(rule.group, {})[rule.name] = some
    return found
