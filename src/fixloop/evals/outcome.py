"""Judging an outcome part by part, in the order of the steps, so that a failure names where it began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fixloop.evals.expect import fields_meet, records_meet, reply_step, tools_meet
from fixloop.pipeline.fixture import fields_json

if TYPE_CHECKING:
    from fixloop.pipeline.plan import Planned
    from fixloop.pipeline.proposal import Proposal
    from fixloop.workspace.model import Branch


class Part(NamedTuple):
    """One part of an expectation: the step it went wrong at, or "" when it is right, and what came out."""

    name: str
    step: str
    got: Any


def proposed_parts(expect: Mapping[str, Any], got: Proposal, exact: bool = False) -> Iterator[Part]:
    """The parts of `expect` that the first three steps answer, then the plan's."""
    if "leaf" in expect:
        yield Part("leaf", "" if got.leaf == expect["leaf"] else "intent", got.leaf)
    if "path" in expect:
        path = list(got.path)
        yield Part("path", "" if path == expect["path"] else "intent", path)
    if "fields" in expect:
        right = fields_meet(expect["fields"], got.fields, exact)
        yield Part("fields", "" if right else "extraction", fields_json(got.fields))
    if "records" in expect:
        ids = [record.id for record in got.records]
        yield Part("records", "" if records_meet(expect["records"], ids) else "fetch", ids)
    yield from planned_parts(expect, got, unrendered(got.trace.trail, got, got.trace.notes))


def planned_parts(expect: Mapping[str, Any], got: Planned | Proposal, error: str) -> Iterator[Part]:
    """The parts of `expect` that the plan answers; a template's text comes last.

    `error` says why the branch could not be rendered. Then reply and tools are the fallback's, and
    wrong even where they look right: no case passes by a crash.
    """
    if "branch" in expect:
        yield Part("branch", "" if got.branch == expect["branch"] else "plan", got.branch)
    reply = Part("reply", reply_step(expect["reply"], got.reply), _reply(got)) if "reply" in expect else None
    if error and expect.keys() & {"reply", "tools"}:
        yield Part("reply", "template", {**_reply(got), "error": error})
        return
    if reply and reply.step != "template":
        yield reply
    if "tools" in expect:
        yield Part("tools", "" if tools_meet(expect["tools"], got.tools) else "plan", _tools(got))
    if "needs_review" in expect:
        right = got.needs_review is expect["needs_review"]
        yield Part("needs_review", "" if right else "plan", got.needs_review)
    if reply and reply.step == "template":
        yield reply


def unrendered(trail: Sequence[Branch], got: Planned | Proposal, notes: Sequence[str]) -> str:
    """Why a branch that held did not answer with its own reply, or ""."""
    if not trail or trail[-1].reply == got.reply.template:
        return ""
    return "; ".join(notes) or "the branch's reply could not be rendered"


def way(leaf: str, trail: Sequence[Branch]) -> list[str]:
    """The leaf and the ids of the branches that held, outermost first: what coverage counts."""
    return [leaf, *(branch.id for branch in trail)]


def first_wrong(parts: Sequence[Part]) -> str:
    """The step of the first part that is wrong, or "" when all are right."""
    return next((part.step for part in parts if part.step), "")


def _reply(got: Planned | Proposal) -> dict[str, Any]:
    return {"template": got.reply.template, "text": got.reply.text}


def _tools(got: Planned | Proposal) -> list[dict[str, Any]]:
    return [{"name": call.name, "args": dict(call.args)} for call in got.tools]
