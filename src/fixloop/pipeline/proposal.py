"""A proposal: the pipeline's answer to one ticket, with the trace of all four steps."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fixloop.pipeline.conditions import describe
from fixloop.pipeline.extraction import Hit
from fixloop.pipeline.fetch import Fetched, FetchedRecord, Fields
from fixloop.pipeline.fixture import Fixture, fields_json, rows_json
from fixloop.pipeline.ticket import Ticket
from fixloop.workspace.model import Branch, Row
from fixloop.workspace.text import shown

__all__ = [
    "NO_REPLY",
    "Fetched",
    "FetchedRecord",
    "Outcome",
    "Proposal",
    "Reply",
    "ToolCallMade",
    "Trace",
    "outcome_of",
]


@dataclass(frozen=True, slots=True)
class Reply:
    """A template and the text it gave; both empty where the workspace has no fallback reply."""

    template: str
    text: str


NO_REPLY = Reply("", "")


@dataclass(frozen=True, slots=True)
class ToolCallMade:
    """A tool call with its arguments resolved."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


class Outcome(NamedTuple):
    """What drift compares: two proposals with one outcome are the same to a customer and to staff."""

    leaf: str
    branch: str | None
    records: tuple[str, ...]
    template: str
    text: str
    tools: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What `why` is told from; kept as data, since it is rarely read."""

    hits: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)
    forced: tuple[str, ...] = ()
    top_score: float = 0.0
    margin: float = 0.0
    threshold: float = 0.0
    trail: tuple[Branch, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """The pipeline's answer to one ticket.

    `rows` are all rows of the candidate records by source: with `fields`, what replay needs. `records` are
    the selected ones. `failure` names an engine that crashed: such a proposal is a fallback, and no result.
    """

    ticket_id: str
    workspace: str
    leaf: str
    raw_leaf: str
    path: tuple[str, ...]
    scores: Mapping[str, float]
    fields: Fields
    rows: Mapping[str, tuple[Row, ...]]
    records: tuple[FetchedRecord, ...]
    candidates: tuple[FetchedRecord, ...]
    branch: str | None
    reply: Reply
    tools: tuple[ToolCallMade, ...]
    needs_review: bool
    failure: str | None = None
    trace: Trace = field(default=Trace(), compare=False, repr=False)

    @property
    def outcome(self) -> Outcome:
        """What a change must not move unsaid."""
        return Outcome(
            self.leaf,
            self.branch,
            tuple([record.id for record in self.records]),
            self.reply.template,
            self.reply.text,
            _canonical([{"name": tool.name, "args": tool.args} for tool in self.tools]),
        )

    @property
    def why(self) -> tuple[str, ...]:
        """The answer told step by step, for a person; put together only when asked for."""
        return tuple(_explain(self))

    def fixture(self, ticket: Ticket) -> Fixture:
        """What replays this proposal on its ticket."""
        return Fixture(ticket, self.fields, self.rows)

    def to_json(self) -> dict[str, Any]:
        """The keys of `run --json`, and `why`."""
        return {
            "ticket_id": self.ticket_id,
            "workspace": self.workspace,
            "leaf": self.leaf,
            "path": list(self.path),
            "scores": dict(self.scores),
            "fields": fields_json(self.fields),
            "rows": rows_json(self.rows),
            "records": [
                {"id": one.id, "score": one.score, "matched": list(one.matched)} for one in self.records
            ],
            "branch": self.branch,
            "reply": {"template": self.reply.template, "text": self.reply.text},
            "tools": [{"name": tool.name, "args": tool.args} for tool in self.tools],
            "needs_review": self.needs_review,
            "why": list(self.why),
        }


def outcome_of(recorded: Mapping[str, Any]) -> Outcome:
    """The outcome of a proposal as `run --json` recorded it; absent keys count as empty."""
    reply = recorded.get("reply") or {}
    return Outcome(
        recorded.get("leaf", ""),
        recorded.get("branch"),
        tuple(str(record["id"]) for record in recorded.get("records", ())),
        reply.get("template", ""),
        reply.get("text", ""),
        _canonical(
            [{"name": tool["name"], "args": tool.get("args", {})} for tool in recorded.get("tools", ())]
        ),
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


# --- why ------------------------------------------------------------------------------------------------


def _explain(proposal: Proposal) -> list[str]:
    trace = proposal.trace
    lines = [f"forced: {what}" for what in trace.forced]
    lines.append(_intent_line(proposal))
    lines += [_field_line(path, hits) for path, hits in trace.hits.items()]
    lines += _record_lines(proposal)
    lines += _branch_lines(proposal)
    lines += [f"tool {tool.name} {shown(tool.args)}" for tool in proposal.tools]
    return [*lines, *trace.notes]


def _intent_line(proposal: Proposal) -> str:
    scores = proposal.scores
    path = " > ".join(_with_score(name, scores) for name in proposal.path) or proposal.leaf
    if proposal.raw_leaf != proposal.leaf:
        path += f"; {_with_score(proposal.raw_leaf, scores)} was below the threshold"
    rest = [name for name in scores if name not in (*proposal.path, proposal.raw_leaf)]
    if rest:
        path += f"; runner-up {_with_score(min(rest, key=lambda name: (-scores[name], name)), scores)}"
    return f"intent: {path}"


def _with_score(name: str, scores: Mapping[str, float]) -> str:
    return f"{name} ({scores[name]:.2f})" if name in scores else name


def _field_line(path: str, hits: tuple[Hit, ...]) -> str:
    return f"{path}: " + ", ".join(f"{_quoted(hit.value)} by {hit.origin}" for hit in hits)


def _quoted(text: str) -> str:
    # What needs no escape, nearly every value, need not be looked at sign by sign.
    return f'"{text}"' if text.isascii() and text.isalnum() and len(text) < 60 else shown(text)


def _record_lines(proposal: Proposal) -> list[str]:
    trace = proposal.trace
    if not proposal.candidates:
        return ["record: nothing extracted names one"]
    scores = f"top score {trace.top_score:g}, margin {trace.margin:g}, threshold {trace.threshold:g}"
    if not proposal.records:
        return [f"record: none of {len(proposal.candidates)} candidates selected; {scores}", *_near(proposal)]
    chosen = [
        f"record {one.id}: score {one.score:g} from {', '.join(one.matched)}" for one in proposal.records[:5]
    ]
    more = (
        [f"and {len(proposal.records) - 5} more records with that score"] if len(proposal.records) > 5 else []
    )
    return [*chosen, *more, f"record: {len(proposal.records)} selected; {scores}"]


def _near(proposal: Proposal) -> list[str]:
    best = proposal.candidates[0]
    return [f"nearest record {best.id}: score {best.score:g} from {', '.join(best.matched)}"]


def _branch_lines(proposal: Proposal) -> list[str]:
    lines = []
    for branch in proposal.trace.trail:
        held = describe(branch.when) if branch.when is not None else "the default"
        lines.append(f"branch {branch.id}: {held}")
    return lines
