"""Which stored tickets a fix can reach at all, so that a dry run replays those and no others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import replay_all
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.engines import Answer, EngineFailure
from fixloop.pipeline.extraction import Extractor, Rules
from fixloop.pipeline.fetch import Rows
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.rows import values_at
from fixloop.pipeline.ticket import parse_ticket
from fixloop.propose.bench.workbench import Trial, Workbench
from fixloop.workspace.model import FieldRule

_PLAN = frozenset(
    {
        "add_branch",
        "remove_branch",
        "move_branch",
        "set_condition",
        "set_reply",
        "add_tool",
        "remove_tool",
        "set_tool_arg",
    }
)
_TEMPLATE = frozenset({"edit_template"})
_SILENT = frozenset({"add_template", "fix_case", "retire_case", "add_case"})
"""Nothing answers otherwise by these alone."""

_FETCH = frozenset({"set_weight", "add_signal", "remove_signal"})
_EXTRACTION = frozenset({"add_pattern", "remove_pattern", "add_value", "set_variants"})


def replayed(bench: Workbench, trial: Trial, operations: Sequence[Operation]) -> dict[str, Proposal]:
    """Every stored ticket's proposal with a fix, by feedback id; what it cannot reach is as it was."""
    if not all(_is_below_intent(one) for one in operations):
        return _sent_anew(bench, trial)
    rules = _changed_rules(bench, trial)
    reached = [
        one
        for one in bench.stored
        if any(_reaches(op, bench.before[one.id]) for op in operations) or _reads_otherwise(one, rules)
    ]
    after = {one.id: bench.before[one.id] for one in bench.stored}
    if all(one.op in _PLAN | _TEMPLATE | _SILENT for one in operations):
        return after | {one.id: _replanned(trial.pipeline, one, bench.before[one.id]) for one in reached}
    return after | replay_below_intent(bench, trial.pipeline, reached)


def _sent_anew(bench: Workbench, trial: Trial) -> dict[str, Proposal]:
    """Every stored ticket's proposal where leaves may change; who keeps leaf and way is answered as before.

    A ticket's leaf is asked of the model of the fix. What is read from there on, both sides have digests of.
    """
    texts = [one.fixture.ticket.customer_text for one in bench.stored]
    answers = trial.pipeline.classify_each(texts)
    same: dict[tuple[str, bool], bool] = {}
    after: dict[str, Proposal] = {}
    told: dict[str, Answer] = {}
    for one, text, answer in zip(bench.stored, texts, answers, strict=True):
        if isinstance(answer, EngineFailure):
            continue
        before, way = bench.before[one.id], (answer.leaf, one.fixture.rows is None)
        told[text] = answer
        if way not in same:
            same[way] = _same_way(bench, trial, *way)
        if same[way] and answer.leaf == before.leaf and before.failure is None:
            path = tuple(answer.path)
            after[one.id] = replace(before, raw_leaf=answer.raw_leaf, path=path, scores=answer.scores)
    trial.pipeline.tell(told)
    return {**after, **replay_all(trial.pipeline, [one for one in bench.stored if one.id not in after])}


def _same_way(bench: Workbench, trial: Trial, leaf: str, live: bool) -> bool:
    """Whether everything below the intent step is read as before for a leaf."""
    before, after = (side.pipeline.reads.way(leaf, (), live) for side in (bench, trial))
    return before is not None and before == after


def _replanned(pipeline: Pipeline, one: Feedback, before: Proposal) -> Proposal:
    """The proposal with step four taken again: what was read and fetched is the same."""
    trace = before.trace
    planned = pipeline.plan(
        before.leaf,
        before.fields,
        [record.row for record in before.records],
        parse_ticket(dict(one.ticket)),
        fetched={"top_score": trace.top_score, "margin": trace.margin},
    )
    return replace(
        before,
        branch=planned.branch,
        reply=planned.reply,
        tools=planned.tools,
        needs_review=planned.needs_review,
        trace=replace(trace, trail=planned.trail, notes=planned.notes),
    )


def replay_below_intent(
    bench: Workbench, pipeline: Pipeline, feedback: Sequence[Feedback]
) -> dict[str, Proposal]:
    """Proposals with the leaf each ticket has today: nothing below changes it, so nothing is classified."""
    asked = [(one.fixture, Forced(leaf=bench.before[one.id].leaf)) for one in feedback]
    return {one.id: proposal for one, proposal in zip(feedback, pipeline.replay_many(asked), strict=True)}


def unasked_suites(operations: Sequence[Operation]) -> frozenset[str]:
    """The suites whose answers no operation can change: those of the steps above all of them."""
    if all(one.op in _PLAN | _TEMPLATE | _SILENT for one in operations):
        return frozenset({"intent", "extraction", "fetch"})
    return frozenset({"intent"} if is_below_intent(operations) else ())


def is_below_intent(operations: Sequence[Operation]) -> bool:
    """Whether no operation can change the leaf of any ticket."""
    return all(_is_below_intent(one) for one in operations)


def _is_below_intent(operation: Operation) -> bool:
    name = operation.op
    if name == "set_threshold":
        return operation.args.get("at") == "fetch"
    return name in _PLAN | _TEMPLATE | _SILENT | _FETCH | _EXTRACTION


def _reaches(operation: Operation, before: Proposal) -> bool:
    args: Mapping[str, Any] = operation.args
    if operation.op in _PLAN:
        return bool(before.leaf == args["leaf"])
    if operation.op in _TEMPLATE:
        # A branch whose reply cannot be rendered answers with the fallback's.
        meant = before.trace.trail[-1].reply if before.trace.trail else None
        return args["template"] in (before.reply.template, meant)
    if operation.op in _FETCH or operation.op == "set_threshold":
        return bool(before.candidates) or operation.op == "add_signal"
    # What is extracted is asked of the ticket itself, below.
    return operation.op not in _SILENT | _EXTRACTION


_Rules = Sequence[tuple[FieldRule, FieldRule]]


def _changed_rules(bench: Workbench, trial: Trial) -> _Rules:
    """Each field's rule before and after, where they differ."""
    before = {rule.path: rule for rule in bench.workspace.extraction}
    return [(before[r.path], r) for r in trial.workspace.extraction if before.get(r.path, r) != r]


def _reads_otherwise(one: Feedback, rules: _Rules) -> bool:
    """Whether a ticket has other values by a changed rule."""
    if not rules:
        return False
    fixture = one.fixture
    text, rows = fixture.ticket.customer_text, fixture.rows or {}
    return any(values_read(old, text, rows) != values_read(new, text, rows) for old, new in rules)


def values_read(rule: FieldRule, text: str, rows: Rows) -> tuple[str, ...]:
    """What one rule reads in a text, its vocabulary from some rows."""
    if rule.values_from is None:
        return _found(_extractor(rule), rule, text)

    def from_rows(path: str) -> Iterable[str]:
        source, _, column = path.partition(".")
        found = (v for row in rows.get(source, ()) for v in values_at(row, column.split(".")))
        return [str(value) for value in found if not isinstance(value, bool)]

    return _found(Rules((rule,)).with_values(from_rows), rule, text)


def _found(extractor: Extractor, rule: FieldRule, text: str) -> tuple[str, ...]:
    return extractor.extract(text).fields.get(rule.group, {}).get(rule.name, ())


@lru_cache(maxsize=256)
def _extractor(rule: FieldRule) -> Extractor:
    return Rules((rule,)).with_values(lambda _: ())
