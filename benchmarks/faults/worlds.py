"""A right workspace and its tickets: those staff see, and unseen ones that say whether a fix restores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import parse_ticket
from fixloop.ports.cache import Cache
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.stored import load_stored

PIPELINE = (
    "fixloop.yaml",
    "plan_trees/",
    "workspace/examples/",
    "workspace/records/",
    *(f"workspace/{name}.yaml" for name in ("intents", "extraction", "fetch", "templates", "tools")),
)
"""What a proposal depends on; the rest of a workspace may change and the faults stay."""

Visible = tuple[str, tuple[str, ...], str, str]


@dataclass(frozen=True)
class Written:
    """A ticket as it was written, and the leaf it was written for; `home` is the workspace's own language."""

    id: str
    text: str
    leaf: str
    language: str
    unseen: bool
    home: str = "en"

    def to_json(self) -> dict[str, Any]:
        """As `run` reads it."""
        language = {} if self.language == self.home else {"language": self.language}
        return {"id": self.id, "text": self.text, **language}


def visible(proposal: Proposal) -> Visible:
    """What staff and customers see of a proposal: leaf, records, text, tools; a branch's name is not seen.

    Nor is the order of calls: a case does not ask for it, and `add_tool` adds the last.
    """
    outcome = proposal.outcome
    calls = sorted(json.dumps(call, sort_keys=True) for call in json.loads(outcome.tools))
    return (outcome.leaf, outcome.records, outcome.text, json.dumps(calls))


@dataclass(frozen=True)
class World:
    """A right workspace; what it answers to its tickets is the truth."""

    name: str
    snapshot: Snapshot
    tickets: tuple[Written, ...]
    cache: Cache

    @cached_property
    def workspace(self) -> Workspace:
        """The right workspace, typed."""
        return load_stored(self.snapshot, self.cache)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The right workspace, compiled."""
        return compile_pipeline(self.workspace, self.cache)

    @cached_property
    def truth(self) -> Mapping[str, Proposal]:
        """Ticket id to the right proposal."""
        return answers(self.pipeline, self.tickets)

    @cached_property
    def seen(self) -> Mapping[str, Visible]:
        """Ticket id to what is visible of the right proposal."""
        return {key: visible(proposal) for key, proposal in self.truth.items()}

    @cached_property
    def by_id(self) -> Mapping[str, Written]:
        """Ticket id to ticket."""
        return {one.id: one for one in self.tickets}


def answers(pipeline: Pipeline, tickets: Sequence[Written]) -> dict[str, Proposal]:
    """Ticket id to what a pipeline proposes, from the live sources."""
    proposals = pipeline.propose([parse_ticket(one.to_json()) for one in tickets])
    return {one.id: proposal for one, proposal in zip(tickets, proposals, strict=True)}
